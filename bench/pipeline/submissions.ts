import type { Notification } from "../../schemas/generated.js";

/** Times of one source partition's transactions by offset, in milliseconds since 1970; 0: not yet. */
interface Times {
  count: number;
  sent: Float64Array;
  preconfirmed: Float64Array;
  final: Float64Array;
  completed: Float64Array;
  stream: Uint8Array;
}

/** Which of a client's loads a transaction is of; a client with one load has stream 0. */
export type StreamNumber = 0 | 1;

/** When transactions reached which stage. */
export type Reached = "preconfirmed" | "final" | "completed";

const CAPACITY_MIN = 65_536;

/**
 * Every transaction of a load and when it got how far. Plain arrays by offset: the client must cost little beside what it
 * measures. The topic `transactions` must be new and nobody else's.
 */
export class Submissions {
  /** Refused or rejected ones by code; a good load has none. */
  readonly refused = new Map<string, number>();
  sentCount = 0;
  finalCount = 0;
  endedCount = 0;
  /** Of each stream. */
  private readonly sentOf = [0, 0];
  private readonly endedOf = [0, 0];
  private readonly partitions: Times[];
  /** Transfers to another shard that are final, by transaction id. */
  private readonly crossing = new Map<string, readonly [partition: number, offset: number]>();
  /** Completions that came before their FINAL: they come from other partitions of the topic. */
  private readonly early = new Map<string, number>();

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => ({
      count: 0,
      sent: new Float64Array(CAPACITY_MIN),
      preconfirmed: new Float64Array(CAPACITY_MIN),
      final: new Float64Array(CAPACITY_MIN),
      completed: new Float64Array(CAPACITY_MIN),
      stream: new Uint8Array(CAPACITY_MIN),
    }));
  }

  /** Transactions that have not ended. */
  get pending(): number {
    return this.sentCount - this.endedCount;
  }

  /** The same of one stream. */
  pendingOf(stream: StreamNumber): number {
    return this.sentOf[stream]! - this.endedOf[stream]!;
  }

  /** Transactions of a stream that ended. */
  endedCountOf(stream: StreamNumber): number {
    return this.endedOf[stream]!;
  }

  /** Counts a transaction as sent; returns the offset that it gets. */
  sent(partition: number, atMs: number, stream: StreamNumber = 0): number {
    const times = this.partitions[partition]!;
    if (times.count === times.sent.length) grow(times);
    times.sent[times.count] = atMs;
    times.stream[times.count] = stream;
    this.sentCount++;
    this.sentOf[stream]!++;
    return times.count++;
  }

  /** Of a system that tells one end of each transaction, and nothing before it. Empty code: it did what it should. */
  takeEnd(partition: number, offset: number, code: string, nowMs: number): void {
    const times = this.partitions[partition]!;
    if (times.final[offset] !== 0) return;
    times.final[offset] = nowMs;
    if (code === "") {
      this.finalCount++;
      this.end(times, offset, nowMs);
      return;
    }
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    this.countEnd(times, offset);
  }

  take(notification: Notification, nowMs: number): void {
    const { event, sourcePartition, sourceOffset } = notification;
    if (event === "COMPLETED" || event === "REFUNDED") {
      this.settle(notification.transactionId!.toString("latin1"), nowMs);
      return;
    }
    const times = this.partitions[sourcePartition]!;
    if (event === "PRE_CONFIRMED") {
      if (times.preconfirmed[sourceOffset] === 0) times.preconfirmed[sourceOffset] = nowMs;
      return;
    }
    // Events may come a second time, after a restart.
    if (times.final[sourceOffset] !== 0) return;
    times.final[sourceOffset] = nowMs;
    if (!notification.applied) {
      this.refused.set(notification.code, (this.refused.get(notification.code) ?? 0) + 1);
      this.countEnd(times, sourceOffset);
      return;
    }
    this.finalCount++;
    if (notification.crossShard) this.crosses(notification, nowMs);
    else this.end(times, sourceOffset, nowMs);
  }

  private crosses({ transactionId, sourcePartition, sourceOffset }: Notification, nowMs: number): void {
    const id = transactionId!.toString("latin1");
    const before = this.early.get(id);
    if (before === undefined) this.crossing.set(id, [sourcePartition, sourceOffset]);
    else {
      this.early.delete(id);
      this.end(this.partitions[sourcePartition]!, sourceOffset, Math.max(before, nowMs));
    }
  }

  private settle(id: string, nowMs: number): void {
    const place = this.crossing.get(id);
    if (!place) {
      this.early.set(id, nowMs);
      return;
    }
    this.crossing.delete(id);
    this.end(this.partitions[place[0]]!, place[1], nowMs);
  }

  private end(times: Times, offset: number, nowMs: number): void {
    times.completed[offset] = nowMs;
    this.countEnd(times, offset);
  }

  private countEnd(times: Times, offset: number): void {
    this.endedCount++;
    this.endedOf[times.stream[offset]!]!++;
  }

  /** Visits each transaction with the times at which it got so far, in milliseconds since 1970; 0: not yet. */
  each(
    visit: (partition: number, offset: number, sentMs: number, finalMs: number, completedMs: number) => void,
  ): void {
    for (const [partition, { count, sent, final, completed }] of this.partitions.entries())
      for (let offset = 0; offset < count; offset++)
        visit(partition, offset, sent[offset]!, final[offset]!, completed[offset]!);
  }

  /** Latencies of the transactions (of one stream, where it is named) that were sent in a span of time and reached a stage, in milliseconds. */
  latencies(reached: Reached, fromMs: number, untilMs: number, stream?: StreamNumber): Float64Array {
    const values: number[] = [];
    for (const times of this.partitions) {
      for (let offset = 0; offset < times.count; offset++) {
        const sent = times.sent[offset]!;
        const at = times[reached][offset]!;
        if (stream !== undefined && times.stream[offset] !== stream) continue;
        if (sent >= fromMs && sent < untilMs && at !== 0) values.push(at - sent);
      }
    }
    return Float64Array.from(values);
  }
}

function grow(times: Times): void {
  for (const name of ["sent", "preconfirmed", "final", "completed"] as const) {
    const larger = new Float64Array(2 * times[name].length);
    larger.set(times[name]);
    times[name] = larger;
  }
  const streams = new Uint8Array(2 * times.stream.length);
  streams.set(times.stream);
  times.stream = streams;
}
