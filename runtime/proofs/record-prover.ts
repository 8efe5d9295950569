import type { Network } from "../../ledger/genesis/genesis.js";
import { heightKey, keyBytes } from "../../ledger/state/key.js";
import { type NoProof, noProof, type ProofOutcome } from "../../processors/proofs/outcome.js";
import {
  type ProvableRecord,
  type ProvableTopic,
  proveRecord,
} from "../../processors/proofs/prove-record.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import { codec, fromWire } from "../../schemas/codec.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import type { BlockParts } from "./block-parts.js";
import type { Certificates } from "./certificates.js";
import { recordsFrom, type TopicSource } from "./topic-source.js";

const NO_KEY = Buffer.alloc(0);
/** What can be an entry of a block. */
const ENTRY_BRANCHES = [
  "rustorium.UserTransaction",
  "rustorium.CrossShardBundle",
  "rustorium.CheckpointCertificate",
  "rustorium.TopologyMarker",
  "rustorium.TopologyProposal",
];

/** Finds the block of a record and proves that it is part of it. */
export class RecordProver {
  constructor(
    private readonly network: Network,
    private readonly source: TopicSource,
    private readonly certificates: Certificates,
    private readonly parts: BlockParts,
  ) {}

  async prove(topic: ProvableTopic, partition: number, offset: number): Promise<ProofOutcome> {
    const shard = this.network.topology.ofPartition(partition)?.shard;
    if (shard === undefined) return noProof("NOT_FOUND", `no shard has partition ${partition}`);
    const where = `${topic}[${partition}]@${offset}`;
    const { low, high } = await this.source.bounds(topic, partition);
    if (offset < low) return noProof("RETENTION", `${where}: the topic begins at ${low} now`);
    const fetched = offset < high ? await this.source.fetch(topic, partition, offset, 1) : undefined;
    const record = fetched?.records.find((candidate) => candidate.offset === offset);
    if (!record) return noProof("NOT_FOUND", `${where}: there is no such record, or none that is committed`);
    switch (topic) {
      case "shard.log":
        return this.logRecord(shard, record);
      case "shard.receipts":
        return this.receipt(shard, record);
      case "shard.state":
        return this.stateRecord(shard, record);
    }
  }

  /** An entry, at whatever height: blocks are passed through from the first that can have it. */
  private async logRecord(shard: number, record: InputRecord): Promise<ProofOutcome> {
    const bytes = fromWire(record.value)?.avroBytes;
    const entry = bytes && codec("LogEntry").decode(bytes)?.entry;
    if (!entry || !ENTRY_BRANCHES.some((branch) => branch in entry))
      return noProof(
        "NOT_PROVABLE",
        "the record is no entry: cuts, genesis and unreadable ones are in no block",
      );
    let certificate = await this.certificates.atTime(shard, record.timeMs);
    while (certificate) {
      const found = await this.parts.entries(certificate);
      if (!found.ok) return found;
      if (found.entries.some(({ offset }) => offset === record.offset)) {
        const leaves = found.entries.map((candidate) => candidate.bytes);
        return proveRecord(provable("shard.log", record), certificate, leaves);
      }
      if (found.nextOffset > record.offset)
        return noProof("NOT_PROVABLE", "the record is void: it counts in no block");
      certificate = await this.certificates.at(shard, certificate.header.height + 1);
    }
    return noProof("NOT_FINAL", "no certified block reaches the record yet");
  }

  private async receipt(shard: number, record: InputRecord): Promise<ProofOutcome> {
    const receipt = read("Receipt", record);
    if (!receipt) return noProof("NOT_PROVABLE", "the record can't be read");
    const certificate = await this.certificateOf(shard, receipt);
    if (!certificate.ok) return certificate;
    const found = await this.parts.receipts(certificate.certificate, { offset: record.offset, receipt });
    if (!found.ok) return found;
    return proveRecord(provable("shard.receipts", record), certificate.certificate, found.leaves);
  }

  private async stateRecord(shard: number, record: InputRecord): Promise<ProofOutcome> {
    const state = record.value === null ? await this.markerAfter(shard, record) : read("StateRecord", record);
    if (!state) return noProof("NOT_PROVABLE", "nothing says which block the record is of");
    if (record.value !== null && !("value" in state && state.value))
      return noProof("NOT_PROVABLE", "the record only says up to which height the state is complete");
    const certificate = await this.certificateOf(shard, state);
    if (!certificate.ok) return certificate;
    const found = await this.parts.changes(certificate.certificate);
    if (!found.ok) return found;
    return proveRecord(provable("shard.state", record), certificate.certificate, found.leaves);
  }

  /**
   * The record that ends the height which a removal belongs to. Compaction may have taken it and left a later height's; then
   * the removal is not in that block, and can't be proved any more.
   */
  private async markerAfter(
    shard: number,
    { offset }: InputRecord,
  ): Promise<{ height: number; digest: Buffer } | undefined> {
    const { prefix, partition } = this.network.topology.shard(shard);
    const marker = keyBytes(heightKey(prefix));
    for await (const records of recordsFrom(this.source, "shard.state", partition, offset))
      for (const record of records) if (record.key?.equals(marker)) return read("StateRecord", record);
    return undefined;
  }

  /** The certificate of the block that a record names. */
  private async certificateOf(
    shard: number,
    { height, digest }: { height: number; digest: Buffer },
  ): Promise<{ ok: true; certificate: FinalityCertificate } | NoProof> {
    const certificate = await this.certificates.at(shard, height);
    if (!certificate) return noProof("NOT_FINAL", `shard ${shard}, height ${height} is not certified yet`);
    if (!certificate.digest.equals(digest))
      return noProof(
        "NOT_PROVABLE",
        `validators certified another block of shard ${shard}, height ${height}`,
      );
    return { ok: true, certificate };
  }
}

function provable(topic: ProvableTopic, { key, value }: InputRecord): ProvableRecord {
  return { topic, key: key ?? NO_KEY, value: fromWire(value)?.avroBytes ?? null };
}
