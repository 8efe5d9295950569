/** An alert isn't told again before so long, in milliseconds. */
const REPEATED_AFTER_MS = 60_000;

/** Which alerts of which shards were told lately. */
export class Told {
  private readonly atMs = new Map<number, Map<string, number>>();

  /** Whether it is to be told now; if so it counts as told. */
  tells(shard: number, code: string, nowMs: number): boolean {
    const own = this.atMs.get(shard) ?? new Map<string, number>();
    this.atMs.set(shard, own);
    if (nowMs - (own.get(code) ?? Number.NEGATIVE_INFINITY) < REPEATED_AFTER_MS) return false;
    own.set(code, nowMs);
    return true;
  }

  /** Shards that have ended are forgotten. */
  keepOnly(shards: ReadonlySet<number>): void {
    for (const shard of this.atMs.keys()) if (!shards.has(shard)) this.atMs.delete(shard);
  }
}
