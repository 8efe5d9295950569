/** A hash over everything that happened, in order: two runs of a seed must give the same. FNV-1a, two lanes of 32 bits. */
export class TraceHash {
  private low = 0x811c9dc5;
  private high = 0x01234567;

  add(label: string, number: number): void {
    let low = this.low;
    for (let index = 0; index < label.length; index++) {
      low = Math.imul(low ^ label.charCodeAt(index), 0x01000193);
    }
    // Times have fractions of a millisecond.
    low = Math.imul(low ^ ((number * 1_024) | 0), 0x01000193);
    this.low = low;
    this.high = Math.imul(this.high ^ low ^ (low >>> 13), 0x85ebca6b);
  }

  addBytes(bytes: Buffer | null): void {
    let low = this.low;
    if (bytes)
      for (let index = 0; index < bytes.length; index++) low = Math.imul(low ^ bytes[index]!, 0x01000193);
    this.low = low;
    this.high = Math.imul(this.high ^ low ^ (low >>> 13), 0x85ebca6b);
  }

  /** 16 hex digits. */
  get digest(): string {
    const hex = (lane: number) => (lane >>> 0).toString(16).padStart(8, "0");
    return hex(this.high) + hex(this.low);
  }
}
