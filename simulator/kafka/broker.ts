import { partitionByKey } from "../../runtime/kafka/partition-by-key.js";
import type { Scheduler } from "../kernel/scheduler.js";
import { type Answer, KafkaError } from "./errors.js";
import { Group } from "./groups.js";
import { type Entry, type NewRecord, Partition, type ProducerStamp } from "./partition.js";
import { type MarkerDelay, type ProducerIdentity, Transactions } from "./transactions.js";

/** What a fetch asks of one partition. */
export interface FetchPosition {
  readonly source: Partition;
  readonly offset: number;
}

export interface FetchedPartition extends FetchPosition {
  readonly entries: readonly Entry[];
  readonly next: number;
  readonly end: number;
  readonly isOutOfRange: boolean;
}

/** The answer to a fetch: partitions that have something, or are asked for what they don't have. */
export type Fetched = Answer<FetchedPartition[]>;

/** What a producer sends to one partition. */
export interface ProduceBatch {
  readonly partition: Partition;
  readonly records: readonly NewRecord[];
  readonly sequence: number;
}

/** Records in one partition's part of a fetch. */
const FETCH_RECORDS_MAX = 500;

/** A cluster of one broker. It forgets nothing when it is restarted; while it is down nothing is answered. */
export class Broker {
  readonly groups = new Map<string, Group>();
  readonly transactions: Transactions;
  isDown = false;
  private readonly topics = new Map<string, Partition[]>();
  private readonly partitioners = new Map<string, (key: Buffer | null) => number>();

  constructor(
    private readonly scheduler: Scheduler,
    markerDelayMs: MarkerDelay,
    private readonly onReadable: (entry: Entry, partition: Partition) => void,
  ) {
    this.transactions = new Transactions(scheduler, markerDelayMs, (group, offsets) =>
      this.group(group).commitDirectly(offsets),
    );
  }

  createTopic(name: string, partitions: number): void {
    this.topics.set(
      name,
      Array.from({ length: partitions }, (_, number) => new Partition(name, number, this.onReadable)),
    );
    this.partitioners.set(name, partitionByKey(name, partitions));
  }

  /** Where a producer's partitioner sends a key; without one always the first, as turns would depend on the producer. */
  partitionOf(topic: string, key: Buffer | null): number {
    return key === null ? 0 : (this.partitioners.get(topic)?.(key) ?? 0);
  }

  partitions(topic: string): readonly Partition[] {
    return this.topics.get(topic) ?? [];
  }

  partition(topic: string, number: number): Partition | undefined {
    return this.topics.get(topic)?.[number];
  }

  group(name: string): Group {
    let group = this.groups.get(name);
    if (!group) {
      group = new Group(this.scheduler);
      this.groups.set(name, group);
    }
    return group;
  }

  /** One produce request: all batches or, where one is refused, those before it. */
  produce(
    batches: readonly ProduceBatch[],
    who: ProducerIdentity,
    transactionalId: string | undefined,
  ): Answer<number[]> {
    const offsets: number[] = [];
    for (const { partition, records, sequence } of batches) {
      if (transactionalId !== undefined) {
        const allowed = this.transactions.mayWrite(transactionalId, who, partition);
        if (!allowed.ok) return allowed;
      }
      const stamp: ProducerStamp = { ...who, sequence, isTransactional: transactionalId !== undefined };
      const outcome = partition.append(records, stamp, Math.floor(this.scheduler.nowMs));
      if (typeof outcome !== "number") return { ok: false, error: new KafkaError(outcome) };
      offsets.push(outcome);
    }
    return { ok: true, value: offsets };
  }

  /** What outsiders write: no stamp, no retries. Returns the offset. */
  append(topic: string, number: number, record: NewRecord): number {
    const partition = this.partition(topic, number);
    if (!partition) throw new RangeError(`no ${topic}[${number}]`);
    return partition.append([record], undefined, Math.floor(this.scheduler.nowMs)) as number;
  }

  /** Answers as soon as one partition has something, or after the wait. */
  fetch(
    positions: readonly FetchPosition[],
    waitMs: number,
    reply: (answer: Fetched) => void,
    isUncommitted = false,
  ): void {
    const found = read(positions, isUncommitted);
    if (waitMs <= 0 || found.length > 0) {
      reply({ ok: true, value: found });
      return;
    }
    const finish = () => {
      timer.run = undefined;
      for (const { source } of positions) source.waiting.delete(finish);
      reply({ ok: true, value: read(positions, isUncommitted) });
    };
    const timer = this.scheduler.after(waitMs, "fetch wait", finish);
    for (const { source } of positions) source.waiting.add(finish);
  }
}

function read(positions: readonly FetchPosition[], isUncommitted: boolean): FetchedPartition[] {
  const found: FetchedPartition[] = [];
  for (const { source, offset } of positions) {
    const end = isUncommitted ? source.end : source.lastStable;
    if (offset === end) continue;
    const entries = isUncommitted
      ? source.readUncommitted(offset, FETCH_RECORDS_MAX)
      : source.read(offset, FETCH_RECORDS_MAX);
    if (entries && entries.next === offset) continue;
    found.push(
      entries
        ? { source, offset, ...entries, isOutOfRange: false }
        : { source, offset, entries: [], next: offset, end: 0, isOutOfRange: true },
    );
  }
  return found;
}
