import type { Network } from "../../ledger/genesis/genesis.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { type NoProof, noProof, type ProofOutcome } from "../../processors/proofs/outcome.js";
import type { ProvableTopic } from "../../processors/proofs/prove-record.js";
import { isOfTransaction, proveTransaction } from "../../processors/proofs/prove-transaction.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { FinalityCertificate, Receipt } from "../../schemas/generated.js";
import { BlockParts } from "./block-parts.js";
import { Certificates } from "./certificates.js";
import { type CheckpointSource, checkpointsOf } from "./checkpoints.js";
import { RecordProver } from "./record-prover.js";
import { type ProvedAccount, StateProver } from "./state-prover.js";
import { searchBack, type TopicSource } from "./topic-source.js";

/** Some intervals of checkpoints (genesis, checkpointIntervalMs). */
const CHECKPOINT_WAIT_MS = 60_000;

export interface ProverOptions {
  /** Told what is being done, a line at a time. */
  readonly say?: (line: string) => void;
  /** How long an account's proof may wait for a checkpoint that is due, in milliseconds. */
  readonly checkpointWaitMs?: number;
  /** Where checkpoints come from, if not from shard.checkpoints. */
  readonly checkpoints?: CheckpointSource;
}

/** A receipt of a final block. */
interface FinalReceipt {
  readonly receipt: Receipt;
  readonly offset: number;
  readonly certificate: FinalityCertificate;
}

/** Makes proofs from a network's topics. */
export class Prover {
  private readonly certificates: Certificates;
  private readonly parts: BlockParts;
  private readonly records: RecordProver;
  private readonly say: (line: string) => void;
  private readonly states: StateProver;

  constructor(
    private readonly network: Network,
    private readonly source: TopicSource,
    options: ProverOptions = {},
  ) {
    this.certificates = new Certificates(network, source);
    this.parts = new BlockParts(network, source, this.certificates);
    this.records = new RecordProver(network, source, this.certificates, this.parts);
    this.say = options.say ?? (() => undefined);
    this.states = new StateProver(
      network,
      source,
      this.certificates,
      options.checkpoints ?? checkpointsOf(network, source),
      options.checkpointWaitMs ?? CHECKPOINT_WAIT_MS,
      this.say,
    );
  }

  /**
   * That a transaction is in a final block, and what came of it in its sender's shard. Of a transaction that was published
   * more than once the entry that took effect is proved.
   * @param transactionId 32 bytes
   * @param shard the sender's, where it is known; else all are searched
   */
  async transaction(transactionId: Buffer, shard?: number): Promise<ProofOutcome> {
    const shards = this.network.topology.shards
      .map((entry) => entry.shard)
      .filter((number) => (shard === undefined ? number !== MAIN_CHAIN : number === shard));
    let isPending = false;
    for (const number of shards) {
      this.say(`looking for the receipt in shard ${number}`);
      const { found, pending } = await this.receiptOf(transactionId, number);
      isPending ||= pending;
      if (!found) continue;
      const { certificate } = found;
      const { header, signatures } = certificate;
      this.say(`it is in the block at height ${header.height}; looking for the block's entries`);
      const receipts = await this.parts.receipts(certificate, found);
      if (!receipts.ok) return receipts;
      const entries = await this.parts.entries(certificate);
      if (!entries.ok) return entries;
      const entryBytes = entries.entries.map(({ bytes }) => bytes);
      return proveTransaction({ header, signatures }, entryBytes, receipts.leaves, transactionId);
    }
    return isPending
      ? noProof("NOT_FINAL", "the transaction is in a block that is not certified yet")
      : noProof(
          "NOT_FOUND",
          "no receipt of the transaction in shard.receipts, which keeps them for a time only",
        );
  }

  /** That a record is the one that validators certified. */
  record(topic: ProvableTopic, partition: number, offset: number): Promise<ProofOutcome> {
    return this.records.prove(topic, partition, offset);
  }

  /** What an account (20 bytes) has at its shard's newest checkpoint, or that it has nothing. */
  account(account: Buffer): Promise<ProvedAccount | NoProof> {
    return this.states.account(account);
  }

  /** That a shard's certified state root is in the global root that the main chain has. */
  shardRoot(shard: number): Promise<ProofOutcome> {
    return this.states.shardRoot(shard);
  }

  private async receiptOf(
    transactionId: Buffer,
    shard: number,
  ): Promise<{ found: FinalReceipt | undefined; pending: boolean }> {
    const { partition } = this.network.topology.shard(shard);
    let found: FinalReceipt | undefined;
    let pending = false;
    const visit = async (record: InputRecord): Promise<boolean> => {
      if (!record.key?.equals(transactionId)) return false;
      const receipt = read("Receipt", record);
      if (!receipt || !isOfTransaction(receipt.result, transactionId)) return false;
      const certificate = await this.certificates.at(shard, receipt.height);
      pending ||= !certificate;
      if (!certificate?.digest.equals(receipt.digest)) return false;
      found = { receipt, offset: record.offset, certificate };
      // One that was refused may have taken effect in an earlier block: published twice, it is refused the second time.
      return receipt.result.kind !== "REFUSED";
    };
    await searchBack(this.source, "shard.receipts", partition, visit);
    return { found, pending };
  }
}
