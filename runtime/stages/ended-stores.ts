import type { Clock, Timer } from "../clock.js";
import type { ShardEnd } from "./shard-end.js";

/** So long one stays open; another process that wants it waits for longer, in milliseconds. */
const KEPT_MS = 5_000;

interface Kept {
  readonly end: ShardEnd;
  readonly timer: Timer;
  users: number;
  isOver: boolean;
}

/**
 * Stores of shards that ended in this process, open still: those that take their place begin with them, and needn't ask the
 * broker whether they have ended, nor read them anew.
 */
export class EndedStores {
  private readonly kept = new Map<number, Kept>();

  /** Takes over an ended shard's store: it is closed after a while. */
  async keep(shard: number, end: ShardEnd, clock: Clock): Promise<void> {
    await this.letGo(shard);
    const timer = clock.after(KEPT_MS, () => void this.letGo(shard).catch(() => undefined));
    this.kept.set(shard, { end, timer, users: 0, isOver: false });
  }

  /** Works with a shard's store, which stays open meanwhile; undefined: it isn't here. */
  async use<T>(shard: number, work: (end: ShardEnd) => Promise<T>): Promise<T | undefined> {
    const kept = this.kept.get(shard);
    if (!kept) return undefined;
    kept.users++;
    try {
      return await work(kept.end);
    } finally {
      kept.users--;
      await closeIfUnused(kept);
    }
  }

  /** Closes a shard's store as soon as nobody works with it. */
  async letGo(shard: number): Promise<void> {
    const kept = this.kept.get(shard);
    if (!kept) return;
    this.kept.delete(shard);
    kept.timer.cancel();
    kept.isOver = true;
    await closeIfUnused(kept);
  }

  async close(): Promise<void> {
    await Promise.all([...this.kept.keys()].map((shard) => this.letGo(shard)));
  }
}

async function closeIfUnused({ users, isOver, end }: Kept): Promise<void> {
  if (isOver && users === 0) await end.store.close();
}
