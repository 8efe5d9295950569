import type { Block } from "./block.js";
import { MAIN_CHAIN } from "./network.js";
import { avro, decodeWire } from "./schemas.js";
import type { ShardTopology, TopologyState } from "./topology-records.js";
import type { Report } from "./violations.js";

/** What the topic topology must say next. */
interface Due {
  readonly key: string;
  readonly bytes: Buffer;
}

interface TopicRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/**
 * The topic topology: the shard tree after each certified block of the main chain that changed it, and nothing else. In front
 * of it there may be what the genesis says; that is not shown to the model.
 */
export class TopologyTopic {
  private readonly due: Due[] = [];
  /** Records that came before the certificate of the block that they are of. */
  private early: TopicRecord[] = [];

  constructor(private readonly report: Report) {}

  /** A certified block of the main chain. */
  certified({ changes }: Block): void {
    for (const { value } of changes)
      if (value?.is === "TopologyState") this.due.push(...recordsOf(value.value));
    const waiting = this.early;
    this.early = [];
    for (const record of waiting) this.take(record);
  }

  take(record: TopicRecord): void {
    const seen = decodeWire(avro.ShardTopology, record.value);
    if (!seen) this.report("readable", "a record of the topic topology");
    else if (this.due.length === 0) this.early.push(record);
    else this.compare(record, seen);
  }

  private compare({ key, value }: TopicRecord, { shard }: ShardTopology): void {
    const right = this.due.shift()!;
    if (key?.toString() !== right.key || !value!.subarray(-right.bytes.length).equals(right.bytes))
      this.report("same-state", `topology says something else of shard ${shard} than the main chain`);
  }

  /** At the end. */
  checkQuiet(report: Report): void {
    if (this.early.length > 0)
      report("final-needs-certificate", `topology: ${this.early.length} records of no certified block`);
    if (this.due.length > 0) report("lag-zero", `topology lacks ${this.due.length} records`);
  }
}

function recordsOf({ isPaused, switchedAt, shards }: TopologyState): Due[] {
  const main = { shard: MAIN_CHAIN, path: "0", prefix: "", partition: 0, epoch: 0, parents: [] };
  const first: ShardTopology = { ...main, phase: "ACTIVE", ended: -1, since: switchedAt, isPaused };
  const others = shards.map(({ place, ...status }) => ({ ...place, ...status, isPaused: false }));
  return [first, ...others].map((record) => ({
    key: String(record.shard),
    bytes: avro.ShardTopology.encode(record),
  }));
}
