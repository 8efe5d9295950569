import type { Topology } from "../../ledger/topology.js";
import type { Notification } from "../../schemas/generated.js";
import type { LoadTransaction } from "../load/load.js";
import type { LoadSource } from "../load/source.js";
import type { Submissions } from "../pipeline/submissions.js";
import type { Effect } from "./order.js";

/** A transaction that became final, with what a change of the shard tree may do to it; times in milliseconds since 1970. */
export interface Journaled {
  /** Index of the account. */
  readonly sender: number;
  readonly sentMs: number;
  readonly finalMs: number;
  /** When it was completed or refunded; 0: not yet. */
  readonly completedMs: number;
  readonly isCrossing: boolean;
}

/** First and last moment at which something became final in a shard, in milliseconds since 1970. */
export interface ShardSpan {
  readonly firstMs: number;
  lastMs: number;
}

/** By offset in a partition of the topic transactions. */
interface Entries {
  readonly sender: number[];
  readonly shard: number[];
  readonly height: number[];
  readonly isCrossing: boolean[];
}

/** Who sent each transaction of a load, and where it took effect. The topic's partitions must be new and nobody else's. */
export class Journal implements LoadSource {
  /** Nothing more is given. */
  isClosed = false;
  refundedCount = 0;
  readonly spans = new Map<number, ShardSpan>();
  private readonly entries: Entries[];

  /**
   * @param partitionOf partition of the topic transactions by key
   * @param indexOf account's index by its id
   */
  constructor(
    private readonly source: LoadSource,
    partitions: number,
    private readonly partitionOf: (key: Buffer) => number,
    private readonly indexOf: (id: Buffer) => number,
  ) {
    this.entries = Array.from({ length: partitions }, () => ({
      sender: [],
      shard: [],
      height: [],
      isCrossing: [],
    }));
  }

  /** The client publishes them in this order, so each one's offset is known. */
  take(count: number): readonly LoadTransaction[] {
    if (this.isClosed) return [];
    const taken = this.source.take(count);
    for (const { key } of taken) this.entries[this.partitionOf(key)]!.sender.push(this.indexOf(key));
    return taken;
  }

  seen(
    { event, shard, height, sourcePartition, sourceOffset, crossShard }: Notification,
    nowMs: number,
  ): void {
    if (event === "REFUNDED") this.refundedCount++;
    if (event !== "FINAL") return;
    const span = this.spans.get(shard);
    if (span) span.lastMs = nowMs;
    else this.spans.set(shard, { firstMs: nowMs, lastMs: nowMs });
    const entries = this.entries[sourcePartition];
    // Events may come a second time, after a restart.
    if (!entries || entries.shard[sourceOffset] !== undefined) return;
    entries.shard[sourceOffset] = shard;
    entries.height[sourceOffset] = height;
    entries.isCrossing[sourceOffset] = crossShard;
  }

  /** Where transactions took effect, in the order of publication of each sender. */
  *effects(topology: Topology): Generator<Effect> {
    for (const { sender, shard, height } of this.entries) {
      for (const [offset, of] of sender.entries()) {
        const place = shard[offset];
        if (place !== undefined)
          yield { sender: of, epoch: topology.shard(place).epoch, height: height[offset]! };
      }
    }
  }

  /** All that became final. */
  finals(submissions: Submissions): Journaled[] {
    const journaled: Journaled[] = [];
    submissions.each((partition, offset, sentMs, finalMs, completedMs) => {
      const { sender, isCrossing } = this.entries[partition]!;
      if (finalMs === 0) return;
      journaled.push({
        sender: sender[offset]!,
        sentMs,
        finalMs,
        completedMs,
        isCrossing: isCrossing[offset] === true,
      });
    });
    return journaled;
  }
}
