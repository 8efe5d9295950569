import type { Topology } from "../../ledger/topology.js";
import { pause } from "../../runtime/embedded/time.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { type Following, followNotifications } from "../../runtime/session/follow.js";
import { Publisher, type Submission } from "../../runtime/session/publisher.js";
import { Tracker } from "../../runtime/session/tracker.js";
import type { Publication, Submitted } from "./submitted.js";

/** Pause before a publication that failed is tried again, in milliseconds. */
const RETRY_MS = 250;
/** Publications without a last status before the load waits. */
const IN_FLIGHT_MAX = 3_000;
/** Submissions that the question for healing looks back at. */
const LOOKED_BACK_MAX = 5_000;
/** How often the steady load looks what is due, in milliseconds. */
const TICK_MS = 20;

/**
 * A producer that never gives up: what fails is published again, as by a client that can't know whether the broker has
 * it. A sender's transactions go out one after another. Everything is followed to its last status.
 */
export class Load {
  /** What the broker acknowledged, in the order of acknowledgement. */
  readonly submitted: Submitted[] = [];
  private readonly queues = new Map<string, Promise<void>>();
  private unacknowledged = 0;
  private steady: Promise<void> = Promise.resolve();
  private stopping = false;

  private constructor(
    readonly tracker: Tracker,
    private readonly publisher: Publisher,
    private readonly following: Following,
  ) {}

  static async open({ kafka, network, schemaIds }: OpenEnvironment): Promise<Load> {
    const { network: name, sourcePartitions } = network.genesis;
    const tracker = new Tracker();
    const following = await followNotifications(kafka, name, (event) => tracker.take(event, Date.now()));
    const publisher = new Publisher(kafka, name, schemaIds.get("transactions")!, sourcePartitions);
    return new Load(tracker, publisher, following);
  }

  /** Publications that have no last status yet, the unacknowledged ones included. */
  get inFlight(): number {
    return this.tracker.pending + this.unacknowledged;
  }

  /** Publishes after what its sender has published so far. Resolves when the broker has it, however long that takes. */
  publish(publication: Publication): Promise<void> {
    this.unacknowledged++;
    const before = this.queues.get(publication.queue) ?? Promise.resolve();
    const done = before.then(() => this.publishNow(publication));
    this.queues.set(publication.queue, done);
    return done;
  }

  private async publishNow(publication: Publication): Promise<void> {
    for (;;) {
      const sentMs = Date.now();
      try {
        const submission = await this.send(publication);
        this.submitted.push({ publication, tracked: this.tracker.submitted(submission, sentMs) });
        this.unacknowledged--;
        return;
      } catch {
        await pause(RETRY_MS);
      }
    }
  }

  private send({ key, content }: Publication): Promise<Submission> {
    return "transaction" in content
      ? this.publisher.publish(key, content.transaction)
      : this.publisher.publishBytes(key, content.bytes);
  }

  /** Publishes `perSecond` of what `next` gives, until `stop`; less while too much is in flight. */
  start(next: () => Publication, perSecond: number): void {
    this.stopping = false;
    this.steady = (async () => {
      let dueMs = Date.now();
      while (!this.stopping) {
        await pause(TICK_MS);
        for (; dueMs <= Date.now(); dueMs += 1_000 / perSecond) {
          // What isn't published because of too much in flight isn't made up for later.
          if (this.inFlight < IN_FLIGHT_MAX) void this.publish(next());
        }
      }
    })();
  }

  /** Ends the steady load. Resolves when the broker has everything. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.steady;
    await Promise.all(this.queues.values());
  }

  /** Whether in every shard that lives a transaction that was published at or after this time has its last status. */
  hasEndedSince(sinceMs: number, topology: Topology): boolean {
    const missing = new Set(topology.live.map(({ shard }) => shard));
    const first = Math.max(0, this.submitted.length - LOOKED_BACK_MAX);
    for (let index = this.submitted.length - 1; index >= first && missing.size > 0; index--) {
      const { publication, tracked } = this.submitted[index]!;
      const { sentMs, outcome } = tracked;
      // A rejection doesn't pass the shard.
      if (sentMs < sinceMs || outcome === undefined || outcome === "rejected") continue;
      if (publication.sender) missing.delete(topology.shardOf(publication.sender));
    }
    return missing.size === 0;
  }

  async close(): Promise<void> {
    await this.following.stop();
    await this.publisher.close();
  }
}
