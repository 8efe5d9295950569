import type { BlockHeader } from "../../schemas/generated.js";
import type { OwnBlocks } from "./own-blocks.js";

/**
 * Blocks of all shards, as what others took from them is judged by: a bundle is proved to be of the block that it came with, so
 * it is its sender's own where that block is.
 */
export class Senders {
  private readonly blocks = new Map<number, OwnBlocks>();

  add(own: OwnBlocks): void {
    this.blocks.set(own.shard, own);
  }

  /** Whether the sender's replay is past a block, or began after it. */
  hasReached({ shard, height }: BlockHeader): boolean {
    const own = this.blocks.get(shard);
    return own !== undefined && height <= own.height;
  }

  /** Whether a block is what its shard's log gives. Those before a replay's start count by their certificates. */
  isOwn({ shard, height }: BlockHeader, digest: Buffer): boolean {
    const own = this.blocks.get(shard);
    return own !== undefined && (height <= own.start || own.has(height, digest));
  }
}
