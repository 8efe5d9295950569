import type { Network } from "../../ledger/genesis/genesis.js";
import { heightKey, keyBytes } from "../../ledger/state/key.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { codec } from "../../schemas/codec.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { heightRecordKey } from "../keys.js";
import { read, unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";
import { Ballot } from "./ballot.js";
import { CheckpointBallots } from "./checkpoint-ballots.js";
import { StateWriter } from "./state-writer.js";

export interface FinalizeOptions {
  readonly network: Network;
  readonly shard: number;
  /** Height of the last certificate that this stage wrote. */
  readonly certifiedHeight: number;
  /** Height that shard.state is complete up to. */
  readonly stateHeight: number;
  /** Certificates above stateHeight that are written already. */
  readonly certificates: readonly FinalityCertificate[];
  /** Height of the last checkpoint certificate that this stage wrote. */
  readonly checkpointHeight: number;
}

/**
 * Fifth stage: counts verified votes, writes a certificate for each height in order as soon as a quorum signed one digest,
 * and the certified state once the matching changes are there. Counts the votes on checkpoints likewise.
 */
export class FinalizeTask implements StageTask {
  private readonly ballots = new Map<number, Ballot>();
  private readonly state: StateWriter;
  private readonly checkpoints: CheckpointBallots;
  private certifiedHeight: number;
  private readonly partition: number;
  /** Honest validators stay within unfinalisedBlocksMax of a certificate; votes further ahead are not worth memory. */
  private readonly votesAheadMax: number;

  constructor(private readonly options: FinalizeOptions) {
    const { network, shard } = options;
    const { partition, prefix, parents } = network.topology.shard(shard);
    this.partition = partition;
    this.certifiedHeight = options.certifiedHeight;
    this.votesAheadMax = 2 * network.genesis.parameters.unfinalisedBlocksMax;
    this.state = new StateWriter({
      height: options.stateHeight,
      heightRecordKey: keyBytes(heightKey(prefix)),
      partition,
      isMainChain: shard === MAIN_CHAIN,
      isHeir: parents.length > 0,
    });
    this.checkpoints = new CheckpointBallots(network, shard, partition, options.checkpointHeight);
    for (const certificate of options.certificates) this.state.addCertificate(certificate);
  }

  step(records: readonly InputRecord[]): StepResult {
    const { topic } = records[0]!;
    const next = records.at(-1)!.offset + 1;
    const alerts: Alert[] = [];
    const outputs: OutputRecord[] = [];
    const resumeAt = new Map<TopicName, number>();
    if (topic === "shard.checkpoint.votes") {
      for (const record of records) this.countCheckpoint(record, outputs, alerts);
      return { records: outputs, alerts, resumeAt: new Map([[topic, this.checkpoints.resumeAt(next)]]) };
    }
    if (topic === "shard.votes") {
      for (const record of records) this.count(record, alerts);
      outputs.push(...this.certify(alerts));
      let first = next;
      for (const ballot of this.ballots.values()) first = Math.min(first, ballot.firstOffset);
      resumeAt.set("shard.votes", first);
    } else {
      for (const record of records) this.takeChanges(record, alerts);
    }
    const written = this.state.take();
    outputs.push(...written.records);
    alerts.push(...written.alerts);
    const changesFrom = this.state.resumeAt ?? (topic === "shard.changes" ? next : undefined);
    if (changesFrom !== undefined) resumeAt.set("shard.changes", changesFrom);
    return { records: outputs, alerts, resumeAt };
  }

  private count(record: InputRecord, alerts: Alert[]): void {
    const vote = read("Vote", record);
    if (!vote) {
      alerts.push(unreadable(record));
      return;
    }
    const { header } = vote;
    const { network, shard } = this.options;
    if (header.shard !== shard || !header.genesis.equals(network.hash)) {
      alerts.push({ code: "OTHER_CHAIN", message: `${record.topic}[${record.partition}]@${record.offset}` });
      return;
    }
    if (header.height <= this.certifiedHeight || header.height > this.certifiedHeight + this.votesAheadMax)
      return;
    let ballot = this.ballots.get(header.height);
    if (!ballot) {
      ballot = new Ballot(record.offset, network.consensus, network.totalStake);
      this.ballots.set(header.height, ballot);
    }
    const alert = ballot.add(vote);
    if (alert) alerts.push(alert);
  }

  private countCheckpoint(record: InputRecord, outputs: OutputRecord[], alerts: Alert[]): void {
    const vote = read("CheckpointVote", record);
    const counted = vote ? this.checkpoints.add(vote, record.offset) : unreadable(record);
    if (!counted) return;
    if ("topic" in counted) outputs.push(counted);
    else alerts.push(counted);
  }

  private *certify(alerts: Alert[]): Generator<OutputRecord> {
    for (;;) {
      const height = this.certifiedHeight + 1;
      const ballot = this.ballots.get(height);
      const certificate = ballot?.certificate();
      if (!certificate) {
        const stall = ballot?.stall();
        if (stall) alerts.push(stall);
        return;
      }
      this.ballots.delete(height);
      this.certifiedHeight = height;
      const contradicted = this.state.addCertificate(certificate);
      if (contradicted) alerts.push(contradicted);
      yield {
        topic: "shard.finalized",
        partition: this.partition,
        key: heightRecordKey(height),
        value: codec("FinalityCertificate").encode(certificate),
      };
    }
  }

  private takeChanges(record: InputRecord, alerts: Alert[]): void {
    const changes = read("BlockChanges", record);
    const alert = changes ? this.state.addChanges(changes, record.offset) : unreadable(record);
    if (alert) alerts.push(alert);
  }
}
