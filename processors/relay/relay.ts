import { EMPTY_ROOT } from "../../ledger/merkle.js";
import { MAIN_CHAIN, type Topology } from "../../ledger/topology.js";
import { codec } from "../../schemas/codec.js";
import type { FinalityCertificate, LogEntry, OutgoingBundle } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { CertifiedJoin } from "../chain/certified-join.js";
import { read, unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";

/**
 * Carries messages between shards: once the block that sent them is certified, appends each bundle with certificate and
 * inclusion proof to the log of its destination, in channel order. Repeats after a restart are void there. Carries the
 * certificates of shards' states to the main chain likewise.
 */
export class RelayTask implements StageTask {
  private readonly join = new CertifiedJoin<OutgoingBundle>(
    ({ header }) => header.messagesRoot.equals(EMPTY_ROOT),
    (bundles) => new Set(bundles.map(({ leafIndex }) => leafIndex)).size === bundles[0]?.leafCount,
    // A bundle that is gone is money that nobody delivers: better to stand still and be seen.
    false,
  );

  constructor(private readonly topology: Topology) {}

  step(records: readonly InputRecord[]): StepResult {
    if (records[0]!.topic === "shard.checkpoints") return this.carryCheckpoints(records);
    const alerts: Alert[] = [];
    for (const record of records) {
      const taken =
        record.topic === "shard.messages" ? this.takeBundle(record) : this.takeCertificate(record);
      if (!taken) alerts.push(unreadable(record));
    }
    const outputs: OutputRecord[] = [];
    for (const { certificate, items } of this.join.take()) {
      for (const bundle of items) outputs.push(this.deliver(bundle, certificate));
    }
    const resumeAt = new Map<TopicName, number>();
    const { itemsResumeAt, certificatesResumeAt } = this.join;
    if (itemsResumeAt !== undefined) resumeAt.set("shard.messages", itemsResumeAt);
    if (certificatesResumeAt !== undefined) resumeAt.set("shard.finalized", certificatesResumeAt);
    return { records: outputs, alerts, resumeAt };
  }

  /** The main chain judges them; of its own states it needs none. */
  private carryCheckpoints(records: readonly InputRecord[]): StepResult {
    const alerts: Alert[] = [];
    const outputs: OutputRecord[] = [];
    for (const record of records) {
      const certificate = read("CheckpointCertificate", record);
      if (!certificate) alerts.push(unreadable(record));
      else if (certificate.checkpoint.shard !== MAIN_CHAIN)
        outputs.push(this.toLog(MAIN_CHAIN, { "rustorium.CheckpointCertificate": certificate }));
    }
    return {
      records: outputs,
      alerts,
      resumeAt: new Map([["shard.checkpoints", records.at(-1)!.offset + 1]]),
    };
  }

  private takeBundle(record: InputRecord): boolean {
    const bundle = read("OutgoingBundle", record);
    // Nobody but execute writes here, and it knows the shards; one to no shard must not stop those to the others.
    if (!bundle || !this.topology.has(bundle.destination)) return false;
    this.join.addItem(bundle, record.offset);
    return true;
  }

  private takeCertificate(record: InputRecord): boolean {
    const certificate = read("FinalityCertificate", record);
    if (certificate) this.join.addCertificate(certificate, record.offset);
    return certificate !== undefined;
  }

  private deliver(bundle: OutgoingBundle, certificate: FinalityCertificate): OutputRecord {
    const { header, signatures } = certificate;
    const { shard: _shard, height: _height, digest: _digest, ...sent } = bundle;
    return this.toLog(bundle.destination, { "rustorium.CrossShardBundle": { header, signatures, ...sent } });
  }

  private toLog(shard: number, entry: LogEntry["entry"]): OutputRecord {
    const { partition } = this.topology.shard(shard);
    return { topic: "shard.log", partition, key: null, value: codec("LogEntry").encode({ entry }) };
  }
}
