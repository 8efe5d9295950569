import type { BlockHeader } from "../../schemas/generated.js";
import type { OwnBlocks } from "./own-blocks.js";

/**
 * Blocks of all shards, as what others took from them is judged by: a bundle is proved to be of the block that it came with, so
 * it is its sender's own where that block is.
 */
export class Senders {
  private readonly blocks = new Map<number, OwnBlocks>();

  /** @param isPast whether a shard ended before the replays begin, and isn't replayed */
  constructor(private readonly isPast: (shard: number) => boolean) {}

  add(own: OwnBlocks): void {
    this.blocks.set(own.shard, own);
  }

  /** Whether the sender's replay is past a block, or began after it. */
  hasReached({ shard, height }: BlockHeader): boolean {
    const own = this.blocks.get(shard);
    return own ? height <= own.height : this.isPast(shard);
  }

  /** Whether a block is what its shard's log gives. Those before a replay's start count by their certificates. */
  isOwn({ shard, height }: BlockHeader, digest: Buffer): boolean {
    const own = this.blocks.get(shard);
    return own ? height <= own.start || own.has(height, digest) : this.isPast(shard);
  }
}
