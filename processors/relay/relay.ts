import { EMPTY_ROOT } from "../../ledger/merkle.js";
import { MAIN_CHAIN, type Topology } from "../../ledger/topology.js";
import { codec } from "../../schemas/codec.js";
import type { FinalityCertificate, LogEntry, OutgoingBundle, Priority } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { CertifiedJoin } from "../chain/certified-join.js";
import { read, unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";
import { Turns } from "./turns.js";

/** A bundle on its way, and where reading begins again so that it is found again. */
interface Delivery {
  readonly bundle: OutgoingBundle;
  readonly certificate: FinalityCertificate;
  readonly priority: Priority;
  readonly messages: number;
  readonly isUrgent: boolean;
  readonly foundFrom: ReadonlyMap<TopicName, number>;
}

/** Bundles whose delivery may wait to be confirmed; reading pauses above it. */
const UNCONFIRMED_MAX = 512;

/**
 * Carries messages between shards: once the block that sent them is certified, appends each bundle with certificate and
 * inclusion proof to the log of its destination, each priority in channel order (turns.ts). What is for a shard that has ended
 * goes to those after it too, and so does what may have come behind its end: positions move only once a later look at the shard
 * tree showed the same epoch. Repeats after a restart are void. Carries the certificates of shards' states and proposals for
 * the shard tree to the main chain likewise.
 */
export class RelayTask implements StageTask {
  private readonly join = new CertifiedJoin<OutgoingBundle>(
    ({ header }) => header.messagesRoot.equals(EMPTY_ROOT),
    (bundles) => new Set(bundles.map(({ leafIndex }) => leafIndex)).size === bundles[0]?.leafCount,
    // A bundle that is gone is money that nobody delivers: better to stand still and be seen.
    false,
  );
  private readonly turns = new Turns<Delivery>();
  /** Delivered since the last look at the shard tree. */
  private unconfirmed: Delivery[] = [];
  /** Bundles to shards that aren't known yet: the tree is older than the block that sent them. */
  private toUnknown: Delivery[] = [];

  /** @param tree the shard tree, read to its end when the task was opened */
  constructor(private tree: Topology) {}

  step(records: readonly InputRecord[], nowMs: number): StepResult {
    switch (records[0]!.topic) {
      case "shard.checkpoints":
        return this.carry(records, (record) => {
          const certificate = read("CheckpointCertificate", record);
          // The main chain judges them; of its own states it needs none.
          const isOwn = certificate?.checkpoint.shard === MAIN_CHAIN;
          return certificate && (isOwn ? "nothing" : { "rustorium.CheckpointCertificate": certificate });
        });
      case "topology.proposals":
        return this.carry(records, (record) => {
          const proposal = read("TopologyProposal", record);
          return proposal && { "rustorium.TopologyProposal": proposal };
        });
      default:
        return this.takeBundles(records, nowMs);
    }
  }

  timer(nowMs: number): StepResult {
    return this.result([], nowMs);
  }

  topology(tree: Topology, nowMs: number): StepResult {
    const before = this.tree;
    this.tree = tree;
    if (tree.epoch === before.epoch) {
      this.unconfirmed = [];
      return this.result([], nowMs);
    }
    for (const delivery of this.toUnknown.splice(0)) this.wait(delivery, nowMs);
    const again = this.unconfirmed.filter(({ bundle: { destination } }) =>
      tree.heirsOf(destination).some(({ shard }) => shard !== destination),
    );
    return this.result(
      [],
      nowMs,
      again.flatMap((delivery) => this.deliver(delivery)),
    );
  }

  private takeBundles(records: readonly InputRecord[], nowMs: number): StepResult {
    const foundFrom = this.joinPositions;
    const alerts: Alert[] = [];
    for (const record of records) {
      const taken =
        record.topic === "shard.messages" ? this.takeBundle(record) : this.takeCertificate(record);
      if (!taken) alerts.push(unreadable(record));
    }
    for (const { certificate, items } of this.join.take()) {
      const { isLast } = certificate.header;
      for (const bundle of items) {
        const isUrgent = isLast || bundle.isLast;
        const { priority, messages } = bundle;
        this.wait({ bundle, certificate, priority, messages: messages.length, isUrgent, foundFrom }, nowMs);
      }
    }
    return this.result(alerts, nowMs);
  }

  private wait(delivery: Delivery, nowMs: number): void {
    if (this.tree.has(delivery.bundle.destination)) this.turns.add(delivery, nowMs);
    else this.toUnknown.push(delivery);
  }

  private result(alerts: readonly Alert[], nowMs: number, outputs: readonly OutputRecord[] = []): StepResult {
    const records = [...outputs];
    for (const delivery of this.turns.take(nowMs)) {
      records.push(...this.deliver(delivery));
      this.unconfirmed.push(delivery);
    }
    const wakeAtMs = this.turns.nextAtMs;
    return {
      records,
      alerts,
      resumeAt: this.resumeAt,
      pause: this.unconfirmed.length > UNCONFIRMED_MAX ? ["shard.messages", "shard.finalized"] : [],
      wantsTopology: this.unconfirmed.length > 0 || this.toUnknown.length > 0,
      ...(wakeAtMs !== undefined && { wakeAtMs }),
    };
  }

  private get joinPositions(): ReadonlyMap<TopicName, number> {
    const positions = new Map<TopicName, number>();
    const { itemsResumeAt, certificatesResumeAt } = this.join;
    if (itemsResumeAt !== undefined) positions.set("shard.messages", itemsResumeAt);
    if (certificatesResumeAt !== undefined) positions.set("shard.finalized", certificatesResumeAt);
    return positions;
  }

  /** Where reading begins again so that nothing is missed that isn't confirmed. */
  private get resumeAt(): ReadonlyMap<TopicName, number> {
    const positions = new Map(this.joinPositions);
    for (const { foundFrom } of [...this.unconfirmed, ...this.turns.waiting, ...this.toUnknown])
      for (const [topic, next] of positions) {
        const from = foundFrom.get(topic);
        // It came with the first records that were read: the group's own positions find it again.
        if (from === undefined) positions.delete(topic);
        else positions.set(topic, Math.min(next, from));
      }
    return positions;
  }

  private carry(
    records: readonly InputRecord[],
    entryOf: (record: InputRecord) => LogEntry["entry"] | "nothing" | undefined,
  ): StepResult {
    const alerts: Alert[] = [];
    const outputs: OutputRecord[] = [];
    const main = this.tree.shard(MAIN_CHAIN).partition;
    for (const record of records) {
      const entry = entryOf(record);
      if (!entry) alerts.push(unreadable(record));
      else if (entry !== "nothing") outputs.push(toLog(main, entry));
    }
    const last = records.at(-1)!;
    const wakeAtMs = this.turns.nextAtMs;
    return {
      records: outputs,
      alerts,
      resumeAt: new Map([[last.topic, last.offset + 1]]),
      wantsTopology: this.unconfirmed.length > 0,
      ...(wakeAtMs !== undefined && { wakeAtMs }),
    };
  }

  private takeBundle(record: InputRecord): boolean {
    const bundle = read("OutgoingBundle", record);
    if (bundle) this.join.addItem(bundle, record.offset);
    return bundle !== undefined;
  }

  private takeCertificate(record: InputRecord): boolean {
    const certificate = read("FinalityCertificate", record);
    if (certificate) this.join.addCertificate(certificate, record.offset);
    return certificate !== undefined;
  }

  /** To whoever has a part of the destination, and to itself while it may still take entries. */
  private deliver({ bundle, certificate }: Delivery): OutputRecord[] {
    const { header, signatures } = certificate;
    const { shard: _shard, height: _height, digest: _digest, ...sent } = bundle;
    const entry = { "rustorium.CrossShardBundle": { header, signatures, ...sent } };
    const { destination } = bundle;
    const partitions = new Set(this.tree.heirsOf(destination).map(({ partition }) => partition));
    if (this.tree.ending.some(({ shard }) => shard === destination))
      partitions.add(this.tree.shard(destination).partition);
    return Array.from(partitions, (partition) => toLog(partition, entry));
  }
}

function toLog(partition: number, entry: LogEntry["entry"]): OutputRecord {
  return { topic: "shard.log", partition, key: null, value: codec("LogEntry").encode({ entry }) };
}
