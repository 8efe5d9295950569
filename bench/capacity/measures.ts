import { read } from "../../processors/read.js";
import { PartitionReader } from "../../runtime/kafka/partition-reader.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import type { RecordTypes } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { medianOf, rounded } from "../measure/numbers.js";

/** What is measured of a shard. */
export interface MeasuredShard {
  /** What execute counted a second, and the share of a process' time that it took where it took most. */
  readonly countedTps: number;
  readonly work: number;
  readonly bottleneck: string;
  /** Age of the oldest record that waited for a stage of the shard, by stage, in milliseconds; median of what processes said. */
  readonly waitedMs: Readonly<Record<string, number>>;
  /** What the utilisation law makes of both, and what the scaler said at the end, by all that it knew. */
  readonly lawTps: number;
  readonly saidTps: number;
}

type Measured = "ShardMetrics" | "StageMetrics";
const TOPICS = { ShardMetrics: "metrics.shards", StageMetrics: "metrics.stages" } as const;

/** Reads what is measured of a shard. */
export class Measures {
  private readonly reader: PartitionReader;
  private readonly next = { ShardMetrics: 0, StageMetrics: 0 };

  constructor(
    private readonly environment: OpenEnvironment,
    private readonly shard: number,
  ) {
    this.reader = new PartitionReader(environment.kafka);
  }

  /** Of the time since the last call. Throws where nothing was measured. */
  async law(): Promise<MeasuredShard> {
    const metrics = (await this.since("ShardMetrics")).filter(
      ({ figures, workPpm }) => figures.shard === this.shard && workPpm >= 0,
    );
    const waited = await this.waited();
    const last = metrics.at(-1);
    if (!last) throw new Error("nothing was measured of the shard");
    let seconds = 0;
    let workSeconds = 0;
    let transactions = 0;
    for (const { spanMs, workPpm, figures } of metrics) {
      seconds += spanMs / 1_000;
      workSeconds += (workPpm / 1e6) * (spanMs / 1_000);
      transactions += figures.transactions;
    }
    return {
      countedTps: Math.round(transactions / seconds),
      work: rounded(workSeconds / seconds, 3),
      bottleneck: last.bottleneck,
      waitedMs: waited,
      lawTps: Math.round(transactions / workSeconds),
      saidTps: last.capacity,
    };
  }

  private async waited(): Promise<Record<string, number>> {
    const lags = new Map<string, number[]>();
    for (const { stage, partitions } of await this.since("StageMetrics"))
      for (const { shard, lagMs } of partitions)
        if (shard === this.shard) lags.set(stage, [...(lags.get(stage) ?? []), lagMs]);
    return Object.fromEntries([...lags].map(([stage, values]) => [stage, medianOf(values)]));
  }

  private async since<K extends Measured>(type: K): Promise<RecordTypes[K][]> {
    const found: RecordTypes[K][] = [];
    const topic = topicOnCluster(this.environment.network.genesis.network, TOPICS[type]);
    for await (const records of this.reader.readToEnd(TOPICS[type], topic, 0, this.next[type])) {
      for (const record of records) {
        this.next[type] = record.offset + 1;
        const value = read(type, record);
        if (value) found.push(value);
      }
    }
    return found;
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
