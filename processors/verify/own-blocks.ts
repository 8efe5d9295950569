import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { HASH_BYTES } from "../../ledger/crypto/hash.js";

/** Digests in one piece of memory. */
const DIGESTS_PER_PIECE = 4_096;

/** What records of a block are compared with. */
export interface RecentBlock {
  readonly receiptsRoot: Buffer;
  readonly changesRoot: Buffer;
  readonly receiptCount: number;
}

/** The blocks that a shard's log gave: the digest of each (32 bytes a block), and more of the latest. */
export class OwnBlocks {
  private readonly pieces: Buffer[] = [];
  private readonly recent = new Map<number, RecentBlock>();
  private last: number;

  /**
   * @param recentMax how many blocks are kept with their roots
   * @param start height after which they begin
   */
  constructor(
    readonly shard: number,
    private readonly recentMax: number,
    readonly start = 0,
  ) {
    this.last = start;
  }

  /** Height of the last block. */
  get height(): number {
    return this.last;
  }

  add({ header, digest, receipts }: ExecutedBlock): void {
    const index = this.indexOf(header.height);
    const place = index % DIGESTS_PER_PIECE;
    if (place === 0) this.pieces.push(Buffer.alloc(DIGESTS_PER_PIECE * HASH_BYTES));
    digest.copy(this.pieces.at(-1)!, place * HASH_BYTES);
    this.last = header.height;
    const { receiptsRoot, changesRoot } = header;
    this.recent.set(this.last, { receiptsRoot, changesRoot, receiptCount: receipts.length });
    this.recent.delete(this.last - this.recentMax);
  }

  /** Whether the block at this height has this digest; of heights up to the start nothing is known. */
  has(height: number, digest: Buffer): boolean {
    if (height <= this.start || height > this.last) return false;
    const index = this.indexOf(height);
    const piece = this.pieces[Math.floor(index / DIGESTS_PER_PIECE)]!;
    const start = (index % DIGESTS_PER_PIECE) * HASH_BYTES;
    return digest.equals(piece.subarray(start, start + HASH_BYTES));
  }

  private indexOf(height: number): number {
    return height - this.start - 1;
  }

  /** Roots of a block; undefined where it is too old. */
  rootsAt(height: number): RecentBlock | undefined {
    return this.recent.get(height);
  }
}
