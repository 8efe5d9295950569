import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { Bounds, TopicSource } from "../../runtime/proofs/topic-source.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { Topics } from "./topics.js";

/** Records that a fetch gives at most: so few that every search has to go on. */
const FETCH_RECORDS_MAX = 7;

/**
 * Topics in memory as proofs read them. As on a broker there is a gap after what was written in one Kafka transaction: after
 * each block's receipts, each certificate and each record of changes.
 */
export class MemorySource implements TopicSource {
  private readonly lows = new Map<string, number>();
  private readonly highs = new Map<string, number>();

  constructor(private readonly topics: Topics) {}

  /** The records of a partition with the offsets that they have here. */
  records(name: TopicName, partition: number): InputRecord[] {
    let gaps = 0;
    let before: number | undefined;
    const count = this.highs.get(`${name}/${partition}`);
    const all = this.topics.records(name, partition).slice(0, count);
    return all.map((record, index) => {
      const group = groupOf(name, record, index);
      if (before !== undefined && group !== before) gaps++;
      before = group;
      return { ...record, offset: index + gaps };
    });
  }

  /** Forgets what is below an offset, as retention does. */
  trim(name: TopicName, partition: number, low: number): void {
    this.lows.set(`${name}/${partition}`, low);
  }

  /** Shows the first records only, as where a writer is behind the others. */
  delay(name: TopicName, partition: number, count: number): void {
    this.highs.set(`${name}/${partition}`, count);
  }

  async bounds(name: TopicName, partition: number): Promise<Bounds> {
    const last = this.records(name, partition).at(-1);
    return { low: this.lows.get(`${name}/${partition}`) ?? 0, high: last ? last.offset + 1 : 0 };
  }

  async fetch(name: TopicName, partition: number, offset: number) {
    const { low, high } = await this.bounds(name, partition);
    if (offset < low) throw new Error(`OFFSET_OUT_OF_RANGE: ${name}[${partition}]@${offset}`);
    const records = this.records(name, partition)
      .filter((record) => record.offset >= offset)
      .slice(0, FETCH_RECORDS_MAX);
    const last = records.at(-1);
    return { records, next: last ? last.offset + 1 : Math.max(offset, high), end: high };
  }

  async offsetAtTime(name: TopicName, partition: number, timeMs: number): Promise<number> {
    const records = this.records(name, partition);
    return records.find((record) => record.timeMs >= timeMs)?.offset ?? records.length;
  }
}

function groupOf(name: TopicName, record: InputRecord, index: number): number {
  if (name === "shard.receipts") return read("Receipt", record)?.height ?? 0;
  return name === "shard.finalized" || name === "shard.changes" ? index : 0;
}
