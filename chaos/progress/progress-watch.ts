import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { type Following, follow } from "../../runtime/session/follow.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { ProcessName } from "../network/process-name.js";
import { within } from "../wait.js";
import { signOfLife } from "./sign-of-life.js";

/** An output record of the watched process. */
interface Sign {
  readonly partition: number;
  /** When the broker appended it, in milliseconds since 1970. */
  readonly appendedMs: number;
  /** When we saw it, committed: for a record in a Kafka transaction that is later. */
  readonly seenMs: number;
}

/** Watches a process's output from now on, around the proxy. Stop it when done: each partition has a connection. */
export class ProgressWatch {
  private readonly signs: Sign[] = [];

  private constructor(private readonly following: { current?: Following }) {}

  static async start({ kafka, admin, network }: OpenEnvironment, name: ProcessName): Promise<ProgressWatch> {
    const { topic, isOwn } = signOfLife(name);
    const prefix = network.genesis.network;
    const offsets = await admin.fetchTopicOffsets(topicOnCluster(prefix, topic));
    const from = new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
    const following: { current?: Following } = {};
    const watch = new ProgressWatch(following);
    following.current = follow(kafka, prefix, topic, from, (records) => {
      const seenMs = Date.now();
      for (const record of records) {
        if (!isOwn(record)) continue;
        watch.signs.push({ partition: record.partition, appendedMs: record.timeMs, seenMs });
      }
    });
    return watch;
  }

  /**
   * When we saw the first record that was appended at or after `sinceMs`, in milliseconds since 1970; undefined: none
   * came within the bound.
   * @param partition only there; left out: anywhere
   */
  async firstSince(sinceMs: number, boundMs: number, partition?: number): Promise<number | undefined> {
    await within(boundMs, () => this.hasSeen(sinceMs, partition));
    return this.find(sinceMs, partition)?.seenMs;
  }

  /** Whether a record that was appended at or after `sinceMs` has been seen. */
  hasSeen(sinceMs: number, partition?: number): boolean {
    return this.find(sinceMs, partition) !== undefined;
  }

  private find(sinceMs: number, partition: number | undefined): Sign | undefined {
    return this.signs.find(
      (sign) => sign.appendedMs >= sinceMs && (partition === undefined || sign.partition === partition),
    );
  }

  async stop(): Promise<void> {
    await this.following.current?.stop();
  }
}
