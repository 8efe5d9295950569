/** Small, because who keeps one piece keeps its slab. */
export const SLAB_BYTES = 16 * 1_024;
/** What is longer has memory of its own: little of a slab is lost at its end. */
export const SLAB_PIECE_MAX = 2 * 1_024;

/**
 * The class that Node makes buffers of, which JavaScript's own protocol gives access to. `subarray` and `Buffer.from` end
 * there too, and take two to three times as long on the way.
 */
export const NodeBuffer = (
  Buffer as unknown as {
    readonly [Symbol.species]: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;
  }
)[Symbol.species];

/** Memory for many small buffers in one allocation. */
class Slab {
  bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private used = 0;

  /** Offset of a place for so many bytes. It isn't taken yet. */
  place(length: number): number {
    if (this.used + length > SLAB_BYTES) {
      this.bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.used = 0;
    }
    return this.used;
  }

  /** Takes all before this offset. */
  takeTo(offset: number): void {
    this.used = offset;
  }

  /** A buffer of this length, with anything in it. */
  allocate(length: number): Buffer {
    if (length > SLAB_PIECE_MAX) return Buffer.allocUnsafeSlow(length);
    const start = this.place(length);
    this.used = start + length;
    return new NodeBuffer(this.bytes.buffer, start, length);
  }
}

/** What is read is kept in this one. */
export const SLAB = new Slab();
