/**
 * Reads bytes from the front. Beyond the end it reads zeros and remembers that it did, so that one look afterwards
 * tells whether all that was read was there.
 */
export class ByteReader {
  private at = 0;
  private short = false;

  constructor(private readonly bytes: Uint8Array) {}

  /** Whether more was read than there is. */
  get isShort(): boolean {
    return this.short;
  }

  /** How many bytes are still to read. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** The next bytes, in memory of their own. */
  take(count: number): Buffer {
    const taken = Buffer.alloc(count);
    if (count > this.left) {
      this.short = true;
      this.at = this.bytes.length;
    } else {
      taken.set(this.bytes.subarray(this.at, this.at + count));
      this.at += count;
    }
    return taken;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** Two bytes, the higher first. */
  uint16(): number {
    return this.take(2).readUInt16BE(0);
  }
}
