import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import { partitionByKey } from "../../runtime/kafka/partition-by-key.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { type Following, follow } from "../../runtime/session/follow.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { LoadTransaction } from "../load/load.js";
import { Submissions } from "./submissions.js";

/** Pace of following notifications, in milliseconds: what a latency is measured too long by, at most. */
const NOTIFICATIONS_PACE_MS = 10;
/** Most transactions of one write, so that the first don't wait for the last. */
const WRITE_MAX = 500;
const LINGER_MS = 5;
/** How often a loop looks whether there is something to do, in milliseconds. */
const TICK_MS = 5;
/** Without any transaction ending for this long the rest counts as lost, in milliseconds. */
const STALL_MS = 30_000;

/** Publishes a load and follows each transaction to its end, as a producer with a Kafka client would. */
export class LoadClient {
  readonly submissions: Submissions;
  private readonly writer: PlainWriter;
  private readonly topic: string;
  private readonly partitionOf: (key: Buffer | null) => number;
  private following: Following | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly environment: OpenEnvironment,
    private readonly pool: LoadTransaction[],
  ) {
    const { kafka, network } = environment;
    const { network: name, sourcePartitions } = network.genesis;
    this.writer = new PlainWriter(kafka, LINGER_MS);
    this.topic = topicOnCluster(name, "transactions");
    this.partitionOf = partitionByKey(this.topic, sourcePartitions);
    this.submissions = new Submissions(sourcePartitions);
  }

  /** Follows the notifications from now on. */
  async start(): Promise<void> {
    const { kafka, admin, network } = this.environment;
    const { network: name } = network.genesis;
    const offsets = await admin.fetchTopicOffsets(topicOnCluster(name, "notifications"));
    const from = new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
    const take = (records: InputRecord[]) => {
      const nowMs = Date.now();
      for (const record of records) {
        const notification = read("Notification", record);
        if (notification) this.submissions.take(notification, nowMs);
      }
    };
    this.following = follow(kafka, name, "notifications", from, take, NOTIFICATIONS_PACE_MS);
  }

  /** Keeps so many transactions in flight until then, or until the pool is empty. */
  async saturate(inFlight: number, untilMs: number): Promise<void> {
    while (Date.now() < untilMs && this.pool.length > 0) {
      const room = inFlight - this.submissions.pending;
      if (room > 0) this.publish(room, () => Date.now());
      await this.tick();
    }
  }

  /**
   * Publishes at a steady rate, whatever comes back; each transaction's time runs from when it was due, so that a client
   * that is late doesn't make the ledger look fast.
   */
  async pace(perSecond: number, durationMs: number): Promise<void> {
    const startMs = Date.now();
    let sent = 0;
    while (this.pool.length > 0) {
      const elapsedMs = Date.now() - startMs;
      if (elapsedMs >= durationMs) return;
      const due = Math.floor((elapsedMs * perSecond) / 1_000);
      const first = sent;
      this.publish(due - sent, (index) => startMs + ((first + index) * 1_000) / perSecond);
      sent = due;
      await this.tick();
    }
  }

  /** Waits until every transaction has ended. Throws where nothing ends for half a minute. */
  async drain(): Promise<void> {
    let pending = this.submissions.pending;
    let movedMs = Date.now();
    while (this.submissions.pending > 0) {
      await this.tick();
      if (this.submissions.pending !== pending) {
        pending = this.submissions.pending;
        movedMs = Date.now();
      } else if (Date.now() - movedMs > STALL_MS) {
        throw new Error(`${pending} transactions have not ended, and none did for ${STALL_MS / 1_000} s`);
      }
    }
  }

  private publish(count: number, sentMs: (index: number) => number): void {
    for (let done = 0; done < count && this.pool.length > 0; done += WRITE_MAX) {
      const taken = this.pool.splice(-Math.min(WRITE_MAX, count - done)).reverse();
      const expected: number[] = [];
      const messages = taken.map(({ key, value }, index) => {
        const partition = this.partitionOf(key);
        expected.push(this.submissions.sent(partition, sentMs(done + index)));
        return { topic: this.topic, partition, key, value };
      });
      this.writer.write(messages).then(
        (offsets) => {
          // We alone write to the topic, so each offset is known beforehand; another one would mix up the times.
          const wrong = offsets.findIndex((offset, index) => offset !== expected[index]);
          if (wrong >= 0) this.failure ??= new Error(`offset ${offsets[wrong]}, not ${expected[wrong]}`);
        },
        (error: unknown) => {
          this.failure ??= error as Error;
        },
      );
    }
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
