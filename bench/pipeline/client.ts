import { partitionByKey } from "../../runtime/kafka/partition-by-key.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import type { LoadSource } from "../load/source.js";
import { type StreamNumber, Submissions } from "./submissions.js";
import type { LoadTarget } from "./target.js";

/** Most transactions of one write, so that the first don't wait for the last. */
const WRITE_MAX = 500;
const LINGER_MS = 10;
/** How often a loop looks whether there is something to do, in milliseconds. */
const TICK_MS = 5;
/** Without any transaction ending for this long the rest counts as lost, in milliseconds. */
const STALL_MS = 30_000;
/** The same for the first transactions of a network, in milliseconds. */
const FIRST_STALL_MS = 300_000;

/** One of several loads that a client publishes at a time. */
export interface Stream {
  readonly number: StreamNumber;
  readonly source: LoadSource;
}

/** Publishes a load and follows each transaction to its end, as a producer with a Kafka client would. */
export class LoadClient {
  readonly submissions: Submissions;
  private readonly writer: PlainWriter;
  private readonly partitionOf: (key: Buffer | null) => number;
  private following: { stop(): Promise<void> } | undefined;
  private failure: Error | undefined;
  private readonly own: Stream;
  private unacknowledged = 0;

  constructor(
    private readonly target: LoadTarget,
    source: LoadSource,
  ) {
    this.own = { number: 0, source };
    this.writer = new PlainWriter(target.kafka, LINGER_MS);
    this.partitionOf = partitionByKey(target.topic, target.partitions);
    this.submissions = new Submissions(target.partitions);
  }

  /** Follows what becomes of transactions from now on. */
  async start(): Promise<void> {
    this.following = await this.target.follow(this.submissions);
  }

  /** Keeps so many transactions of a stream in flight until then, or until there are no more. */
  async saturate(inFlight: number, untilMs: number, stream = this.own): Promise<void> {
    let isEmpty = false;
    while (Date.now() < untilMs && !isEmpty) {
      const room = inFlight - this.submissions.pendingOf(stream.number);
      if (room > 0) isEmpty = this.publish(stream, room, () => Date.now());
      await this.tick();
    }
  }

  /**
   * Publishes at a steady rate, whatever comes back; each transaction's time runs from when it was due, so that a client
   * that is late doesn't make the ledger look fast.
   */
  async pace(perSecond: number, durationMs: number, stream = this.own): Promise<void> {
    const startMs = Date.now();
    let sent = 0;
    for (let isEmpty = false; !isEmpty; ) {
      const elapsedMs = Date.now() - startMs;
      if (elapsedMs >= durationMs) return;
      const due = Math.floor((elapsedMs * perSecond) / 1_000);
      const first = sent;
      isEmpty = this.publish(stream, due - sent, (index) => startMs + ((first + index) * 1_000) / perSecond);
      sent = due;
      await this.tick();
    }
  }

  /**
   * Publishes some transactions and waits until they ended: stages that join their groups may still have stores to fill,
   * with many accounts for a minute. Throws where they take too long.
   */
  async first(count: number): Promise<void> {
    this.publish(this.own, count, () => Date.now());
    await this.drain(FIRST_STALL_MS);
  }

  /** Waits until every transaction has ended. Throws where nothing ends for so long, in milliseconds. */
  async drain(stallMs = STALL_MS): Promise<void> {
    let pending = this.submissions.pending;
    let movedMs = Date.now();
    while (this.submissions.pending > 0) {
      await this.tick();
      if (this.submissions.pending !== pending) {
        pending = this.submissions.pending;
        movedMs = Date.now();
      } else if (Date.now() - movedMs > stallMs) {
        throw new Error(`${pending} transactions have not ended, and none did for ${stallMs / 1_000} s`);
      }
    }
  }

  /** Waits until the broker has everything that was published. */
  async written(): Promise<void> {
    while (this.unacknowledged > 0) await this.tick();
  }

  /** @returns whether the stream has no more */
  private publish({ number, source }: Stream, count: number, sentMs: (index: number) => number): boolean {
    const { topic } = this.target;
    let isEmpty = false;
    for (let done = 0; done < count && !isEmpty; done += WRITE_MAX) {
      const wanted = Math.min(WRITE_MAX, count - done);
      const taken = source.take(wanted);
      isEmpty = taken.length < wanted;
      const expected: number[] = [];
      const messages = taken.map(({ key, value }, index) => {
        const partition = this.partitionOf(key);
        expected.push(this.submissions.sent(partition, sentMs(done + index), number));
        return { topic, partition, key, value };
      });
      this.unacknowledged += taken.length;
      this.writer.write(messages).then(
        (offsets) => {
          this.unacknowledged -= taken.length;
          // We alone write to the topic, so each offset is known beforehand; another one would mix up the times.
          const wrong = offsets.findIndex((offset, index) => offset !== expected[index]);
          if (wrong >= 0) this.failure ??= new Error(`offset ${offsets[wrong]}, not ${expected[wrong]}`);
        },
        (error: unknown) => {
          this.failure ??= error as Error;
        },
      );
    }
    return isEmpty;
  }

  private async tick(): Promise<void> {
    if (this.failure) throw this.failure;
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }

  async stop(): Promise<void> {
    await this.following?.stop();
    await this.writer.close();
  }
}
