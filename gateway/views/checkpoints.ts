import type { CheckpointCertificate } from "../../schemas/generated.js";

/** The last certified state root of a shard. */
export interface CheckpointView {
  readonly height: number;
  /** Time of its block, in milliseconds since 1970. */
  readonly timeMs: number;
  /** State root, 64 hex digits. */
  readonly stateRoot: string;
  /** Time between its block and that of the checkpoint before; it grows where hashing can't keep up, in milliseconds. */
  readonly intervalMs: number | undefined;
}

/** Last checkpoint of each shard, fed by `shard.checkpoints`. One entry a shard. */
export class CheckpointsView {
  private readonly last = new Map<number, CheckpointView>();

  apply({ checkpoint }: CheckpointCertificate): void {
    const { shard, height, time, stateRoot } = checkpoint;
    const before = this.last.get(shard);
    if (before && before.height >= height) return;
    this.last.set(shard, {
      height,
      timeMs: time,
      stateRoot: stateRoot.toString("hex"),
      intervalMs: before && time - before.timeMs,
    });
  }

  of(shard: number): CheckpointView | undefined {
    return this.last.get(shard);
  }
}
