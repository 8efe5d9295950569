import { StageFault } from "../stage.js";

/**
 * Compares the digests that a task arrived at with the certified ones, whichever comes first.
 * Holds only heights that one side still lacks.
 */
export class OwnDigests {
  private readonly own = new Map<number, Buffer>();
  private readonly certified = new Map<number, Buffer>();
  private highestCertified: number;

  /**
   * @param position height of the last closed block
   * @param uncertified own digests up to there whose certificate has not been seen
   */
  constructor(
    private readonly shard: number,
    position: number,
    uncertified: ReadonlyMap<number, Buffer>,
  ) {
    for (const [height, digest] of uncertified) this.own.set(height, digest);
    this.highestCertified = Math.min(position, ...Array.from(uncertified.keys(), (height) => height - 1));
  }

  /** Highest height seen certified. */
  get certifiedHeight(): number {
    return this.highestCertified;
  }

  /** Number of certificates whose block this task has not closed yet. */
  get waiting(): number {
    return this.certified.size;
  }

  /** A block was closed. Throws StageFault when a certificate says otherwise. */
  closed(height: number, digest: Buffer): void {
    const certified = this.certified.get(height);
    if (!certified) {
      this.own.set(height, digest);
      return;
    }
    this.compare(height, digest, certified);
    this.certified.delete(height);
  }

  /**
   * A certificate was read. Throws StageFault when this task arrived at something else.
   * @param position height of the last closed block
   */
  certificate(height: number, digest: Buffer, position: number): void {
    this.highestCertified = Math.max(this.highestCertified, height);
    const own = this.own.get(height);
    if (own) {
      this.compare(height, own, digest);
      this.own.delete(height);
    } else if (height > position) this.certified.set(height, digest);
  }

  private compare(height: number, own: Buffer, certified: Buffer): void {
    if (own.equals(certified)) return;
    throw new StageFault(
      "DIGEST_CONTRADICTED",
      `shard ${this.shard}, height ${height}: own digest ${own.toString("hex")}, certified ${certified.toString("hex")}`,
    );
  }
}
