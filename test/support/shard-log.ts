import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { voteMessage } from "../../ledger/block/header.js";
import type { VoidReason } from "../../ledger/block/log-record.js";
import type { ProvedBundle } from "../../ledger/block/outbox.js";
import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import { MemoryState } from "../../ledger/state/state.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import { recordsOf } from "../../processors/execute/block-records.js";
import { validatorRecordKey } from "../../processors/keys.js";
import type { InputRecord, OutputRecord } from "../../processors/stage.js";
import { codec, toWire } from "../../schemas/codec.js";
import type {
  BlockHeader,
  FinalityCertificate,
  LogEntry,
  RecordTypes,
  SignedTransaction,
  UserTransaction,
  ValidatorSignature,
} from "../../schemas/generated.js";
import { MAC_KEY, START_MS, type TestNetwork } from "../../simulator/world/network.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import { type TopicName, topic } from "../../topics/catalogue.js";
import { macOf } from "./mac.js";

/** A record as a stage reads it. */
export function inputRecord(
  name: TopicName,
  avroBytes: Buffer | null,
  place: { partition?: number; offset?: number; key?: Buffer | null; timeMs?: number } = {},
): InputRecord {
  const value = avroBytes && toWire(SCHEMA_IDS.get(name)!, avroBytes);
  return { topic: name, partition: 0, offset: 0, key: null, timeMs: START_MS, value, ...place };
}

/** What a stage wrote, as the next one reads it. */
export function asInput(record: OutputRecord, offset: number, timeMs = START_MS): InputRecord {
  const { topic: name, partition = 0, key, value } = record;
  return inputRecord(name, value, { partition, offset, key, timeMs });
}

/** Decodes what a stage wrote, by the catalogue's type of its topic. */
export function decoded<K extends keyof RecordTypes>(
  name: K,
  record: OutputRecord | undefined,
): RecordTypes[K] {
  if (!record || topic(record.topic).value !== name) throw new Error(`${record?.topic} holds no ${name}`);
  const value = record.value && codec(name).decode(record.value);
  if (!value) throw new Error(`not a canonical ${name}`);
  return value;
}

/** Signatures of the given validators over a digest. */
export function signaturesOf(
  net: TestNetwork,
  digest: Buffer,
  signers: readonly number[],
): ValidatorSignature[] {
  return signers.map((validator) => ({
    validator,
    signature: signEd25519(voteMessage(digest), net.validatorKeys[validator - 1]!),
  }));
}

/** A certificate, by validators 1 to 3 unless said otherwise; right or not. */
export function certificateOf(
  net: TestNetwork,
  block: Pick<ExecutedBlock, "header" | "digest">,
  signers: readonly number[] = [1, 2, 3],
): FinalityCertificate {
  const { header, digest } = block;
  const stakes = net.network.genesis.validators.filter(({ validator }) => signers.includes(validator));
  return {
    header,
    digest,
    signatures: signaturesOf(net, digest, signers),
    signedStake: stakes.reduce((sum, { stake }) => sum + stake, 0),
    totalStake: net.network.totalStake,
  };
}

/** The log of a shard under construction, and the chain that it means. */
export class ShardLog {
  readonly records: InputRecord[] = [];
  readonly blocks: ExecutedBlock[] = [];
  readonly state = new MemoryState();
  readonly chain: ShardChain;
  nowMs = START_MS;
  private readonly offsets = new Map<number, number>();

  constructor(
    readonly net: TestNetwork,
    readonly shard: number,
  ) {
    this.state.apply(initialState(net.network, shard));
    this.chain = new ShardChain(net.network, shard, this.state, startOfChain(net.network.hash), {
      isAuthentic: isAuthenticBySignature,
    });
  }

  get partition(): number {
    return this.net.network.topology.shard(this.shard).partition;
  }

  /** Appends bytes of an entry and lets the chain have them. */
  appendBytes(bytes: Buffer): { block?: ExecutedBlock; voided?: VoidReason } {
    const { partition, nowMs: timeMs } = this;
    const offset = this.records.length;
    this.records.push(inputRecord("shard.log", bytes, { partition, offset, timeMs }));
    const result = this.chain.append({ bytes, timeMs, offset });
    if (result.block) this.blocks.push(result.block);
    return result;
  }

  append(entry: LogEntry["entry"]) {
    return this.appendBytes(codec("LogEntry").encode({ entry }));
  }

  /** What shard-assign would write for a transaction. */
  entryOf(
    transaction: SignedTransaction,
    sender: Buffer,
    change: Partial<UserTransaction> = {},
  ): UserTransaction {
    const sourcePartition = change.sourcePartition ?? 0;
    const sourceOffset = change.sourceOffset ?? this.offsets.get(sourcePartition) ?? 0;
    const transactionId = transactionIdOf(transaction);
    const submittedAt = this.nowMs;
    const content = {
      submittedAt,
      sender,
      transactionId,
      transaction,
      ...change,
      sourcePartition,
      sourceOffset,
    };
    return { mac: macOf(content, MAC_KEY), ...content };
  }

  /** Appends a validated transaction, at the next offset of its source partition. */
  submit(transaction: SignedTransaction, sender: Buffer, change: Partial<UserTransaction> = {}) {
    const entry = this.entryOf(transaction, sender, change);
    this.offsets.set(entry.sourcePartition, entry.sourceOffset + 1);
    return this.append({ "rustorium.UserTransaction": entry });
  }

  cut(height = this.chain.position.height + 1) {
    return this.append({ "rustorium.Cut": { height } });
  }

  /** Appends a bundle of another shard's block with its proof; `change` spoils it. */
  deliver(
    from: Pick<ExecutedBlock, "header" | "digest">,
    bundle: ProvedBundle,
    change: { header?: BlockHeader; signatures?: ValidatorSignature[] } & Partial<ProvedBundle> = {},
  ) {
    const signatures = signaturesOf(this.net, from.digest, [1, 2, 3]);
    return this.append({
      "rustorium.CrossShardBundle": { header: from.header, signatures, ...bundle, ...change },
    });
  }

  /** Options of a task that starts with the genesis, or after `position` with the state of that moment. */
  options(): ChainOptions {
    const { network } = this.net;
    const state = new MemoryState();
    state.apply(initialState(network, this.shard));
    return {
      network,
      shard: this.shard,
      state,
      position: startOfChain(network.hash) as ChainPosition,
      uncertified: new Map(),
      certificatesOffset: 0,
    };
  }

  certificateRecord(height: number, signers?: readonly number[]): InputRecord {
    const certificate = certificateOf(this.net, this.blocks[height - 1]!, signers);
    const { partition, nowMs: timeMs } = this;
    const bytes = codec("FinalityCertificate").encode(certificate);
    return inputRecord("shard.finalized", bytes, { partition, offset: height - 1, timeMs });
  }

  voteRecord(header: BlockHeader, digest: Buffer, validator: number, offset: number): InputRecord {
    const [signed] = signaturesOf(this.net, digest, [validator]);
    const bytes = codec("Vote").encode({ header, ...signed! });
    const { partition, nowMs: timeMs } = this;
    return inputRecord("shard.votes", bytes, {
      partition,
      offset,
      key: validatorRecordKey(validator),
      timeMs,
    });
  }

  /** Everything that execute writes for the blocks so far, of one topic, with offsets from 0. */
  outputs(name: TopicName): InputRecord[] {
    return this.blocks
      .flatMap((block) => recordsOf(block, this.partition))
      .filter((record) => record.topic === name)
      .map((record, offset) => asInput(record, offset, this.nowMs));
  }
}
