import { knownShard, Topology } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import type { ShardTopology } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { Clock, Timer } from "../clock.js";
import type { PartitionReader } from "../kafka/partition-reader.js";

/** How often the topic is looked at, in milliseconds. */
const LOOK_MS = 200;

/** What the topic topology says, in this process. */
export interface LiveTopology {
  /** All shards that there are and were, as of the last look. */
  readonly current: Topology;
  /** Reads to the topic's end as it is at some moment after the call. Throws what the broker answers. */
  refresh(): Promise<Topology>;
  /** Called after each change, until the function that it returns is called. */
  onChange(listener: () => void): () => void;
}

/** Follows the topic topology: looks at it now and then, and when asked. */
export class TopologyFollower implements LiveTopology {
  private readonly records = new Map<number, ShardTopology>();
  private readonly listeners = new Set<() => void>();
  private next = 0;
  private known: Topology;
  private timer: Timer | undefined;
  private reading: Promise<Topology> | undefined;
  private queued: Promise<Topology> | undefined;
  private stopped = false;

  /** @param genesis shard tree of the genesis: what there is until the topic says more */
  constructor(
    private readonly network: string,
    genesis: Topology,
    private readonly reader: Pick<PartitionReader, "fetch">,
    private readonly clock: Clock,
    private readonly lookMs = LOOK_MS,
  ) {
    this.known = genesis;
    for (const { shard, path, prefix, partition, epoch, parents } of genesis.shards) {
      const place = { shard, path, prefix, partition, epoch, parents };
      this.records.set(shard, { ...place, phase: "ACTIVE", ended: -1, since: 0, isPaused: false });
    }
  }

  get current(): Topology {
    return this.known;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Goes on looking by itself; resolves after the first look. */
  async start(): Promise<void> {
    await this.refresh();
    this.look();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private look(): void {
    if (this.stopped) return;
    this.timer = this.clock.after(this.lookMs, () => {
      // A broker that is away is the stages' trouble too; here it is asked again.
      void this.refresh()
        .catch(() => undefined)
        .then(() => this.look());
    });
  }

  refresh(): Promise<Topology> {
    if (!this.reading) {
      this.reading = this.readToEnd().finally(() => {
        this.reading = undefined;
      });
      return this.reading;
    }
    // The one on its way may have begun to read before the call: all that call meanwhile share the next one.
    this.queued ??= this.reading
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        return this.refresh();
      });
    return this.queued;
  }

  private async readToEnd(): Promise<Topology> {
    const topic = topicOnCluster(this.network, "topology");
    let hasNew = false;
    for (;;) {
      const { records, next, end } = await this.reader.fetch("topology", topic, 0, this.next);
      for (const record of records) {
        const shard = read("ShardTopology", record);
        if (shard) this.records.set(shard.shard, shard);
        hasNew ||= shard !== undefined;
      }
      this.next = next;
      if (next >= end) break;
    }
    if (hasNew) this.take();
    return this.known;
  }

  private take(): void {
    const shards = [...this.records.values()].sort((a, b) => a.shard - b.shard);
    this.known = new Topology(shards.map(knownShard));
    for (const listener of this.listeners) listener();
  }
}
