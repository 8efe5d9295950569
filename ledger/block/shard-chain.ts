import { codec } from "../../schemas/codec.js";
import type {
  BlockHeader,
  CheckpointCertificate,
  CrossShardBundle,
  CrossShardMessage,
  Cut,
  ReceiptResult,
  UserTransaction,
} from "../../schemas/generated.js";
import { KnownRoots } from "../checkpoint/known-roots.js";
import { verifyCertificate } from "../consensus/certificate.js";
import type { Network } from "../genesis/genesis.js";
import { GrowingTree, merkleRootOf, verifyMerkleProof } from "../merkle.js";
import { changesRootOf, type EncodedChange, encodeChanges } from "../state/encoded-changes.js";
import { feeAccountKey, type StateKey, shardKey } from "../state/key.js";
import { Overlay } from "../state/overlay.js";
import { asShard, type State, type StateChanges, shardValue } from "../state/state.js";
import { MAIN_CHAIN } from "../topology.js";
import { type DecodedTransaction, decodeTransaction } from "../transaction/index.js";
import { applyMessage } from "./apply-message.js";
import { applyTransaction } from "./apply-transaction.js";
import type { EntryContext, EntryOutcome } from "./context.js";
import { digestOf } from "./header.js";
import type { LogRecord, VoidReason } from "./log-record.js";
import { type Bundle, bundleLeaf, type ProvedBundle, proveBundles } from "./outbox.js";
import type { ChainPosition } from "./position.js";

/** A closed block with everything it did. */
export interface ExecutedBlock {
  readonly header: BlockHeader;
  readonly digest: Buffer;
  readonly receipts: readonly ReceiptResult[];
  /** Avro bytes of each receipt result. */
  readonly receiptBytes: readonly Buffer[];
  readonly changes: StateChanges;
  readonly encodedChanges: readonly EncodedChange[];
  readonly bundles: readonly ProvedBundle[];
  readonly position: ChainPosition;
}

/** How entries are judged. execute and vote differ only in how they check that a transaction is authentic. */
export interface ExecutionRules {
  /**
   * Whether the sender signed it, and id and sender in the entry are the transaction's own.
   * @param record what the entry was read from
   */
  isAuthentic(entry: UserTransaction, decoded: DecodedTransaction, record: LogRecord): boolean;
  readonly planted?: PlantedRules;
}

/** Tests plant wrong rules here; everyone else uses the ledger's. */
export interface PlantedRules {
  readonly applyTransaction?: typeof applyTransaction;
  readonly applyMessage?: typeof applyMessage;
}

interface OpenBlock {
  readonly overlay: Overlay;
  readonly entries: GrowingTree;
  readonly receipts: ReceiptResult[];
  readonly outbox: Map<number, CrossShardMessage[]>;
  /** Append time of the first entry, in milliseconds since 1970. */
  readonly sinceMs: number;
  weight: number;
  time: number;
  firstSequence: number;
}

/**
 * One shard's chain: reads the log record by record and closes the same blocks as everyone who reads it. Nothing but
 * the genesis and the log has an influence, so it is deterministic, and nothing it closed is ever taken back.
 */
export class ShardChain {
  private open: OpenBlock | undefined;
  private readonly marks: Map<number, number>;
  private readonly received: Map<number, number>;
  private readonly sent: Map<number, number>;
  /** Of the main chain only. */
  private readonly roots: KnownRoots | undefined;
  private readonly feeAccount: StateKey;
  private readonly ownKey: StateKey;
  private readonly applyTransaction: typeof applyTransaction;
  private readonly applyMessage: typeof applyMessage;

  constructor(
    private readonly network: Network,
    readonly shard: number,
    private readonly state: State,
    private last: ChainPosition,
    private readonly rules: ExecutionRules,
  ) {
    const { prefix } = network.topology.shard(shard);
    this.feeAccount = feeAccountKey(prefix);
    this.ownKey = shardKey(prefix);
    this.applyTransaction = rules.planted?.applyTransaction ?? applyTransaction;
    this.applyMessage = rules.planted?.applyMessage ?? applyMessage;
    const own = asShard(state.get(this.ownKey));
    this.marks = new Map(own?.marks.map((mark) => [mark.partition, mark.offset]));
    this.received = new Map(own?.channels.map((channel) => [channel.shard, channel.received]));
    this.sent = new Map(own?.channels.map((channel) => [channel.shard, channel.sent]));
    if (shard === MAIN_CHAIN) this.roots = new KnownRoots(network, state, own?.checkpoints ?? []);
  }

  /** Position after the last closed block. */
  get position(): ChainPosition {
    return this.last;
  }

  /** The open block, if it has an entry: its height, and the broker's append time of its first entry. */
  get openBlock(): { height: number; sinceMs: number } | undefined {
    return this.open && { height: this.last.height + 1, sinceMs: this.open.sinceMs };
  }

  /** Takes the next record of the log: it may be void, go into the open block, or close it. */
  append(record: LogRecord): { block?: ExecutedBlock; voided?: VoidReason } {
    const decoded = codec("LogEntry").decode(record.bytes);
    if (!decoded) return { voided: "UNDECODABLE" };
    const { entry } = decoded;
    if ("rustorium.UserTransaction" in entry)
      return this.appendTransaction(entry["rustorium.UserTransaction"], record);
    if ("rustorium.CrossShardBundle" in entry)
      return this.appendBundle(entry["rustorium.CrossShardBundle"], record);
    if ("rustorium.Cut" in entry) return this.appendCut(entry["rustorium.Cut"], record);
    if ("rustorium.CheckpointCertificate" in entry)
      return this.appendCheckpoint(entry["rustorium.CheckpointCertificate"], record);
    return { voided: "GENESIS_RECORD" };
  }

  private appendTransaction(entry: UserTransaction, record: LogRecord) {
    const mark = this.marks.get(entry.sourcePartition);
    if (mark !== undefined && entry.sourceOffset <= mark) return { voided: "BELOW_MARK" } as const;
    if (
      entry.sourcePartition < 0 ||
      entry.sourcePartition >= this.network.genesis.sourcePartitions ||
      this.network.topology.shardOf(entry.sender) !== this.shard
    ) {
      return { voided: "OTHER_SHARD" } as const;
    }
    const decoded = decodeTransaction(entry.transaction, this.network.rules);
    if (!decoded.ok) return { voided: "ILL_FORMED" } as const;
    if (!this.rules.isAuthentic(entry, decoded.transaction, record))
      return { voided: "NOT_AUTHENTIC" } as const;
    this.marks.set(entry.sourcePartition, entry.sourceOffset);
    const block = this.begin(record);
    this.record(block, this.applyTransaction(entry, decoded.transaction, this.context(block)));
    return this.endIfFull(block, record);
  }

  private appendBundle(bundle: CrossShardBundle, record: LogRecord) {
    const from = bundle.header.shard;
    const voided = this.faultOf(bundle, from);
    if (voided) return { voided };
    this.received.set(from, bundle.channelSequence);
    const block = this.begin(record);
    const context = this.context(block);
    block.weight += bundle.messages.length - 1;
    for (const message of bundle.messages) {
      const outcome = this.applyMessage(message, from, context);
      if (outcome) this.record(block, outcome);
    }
    return this.endIfFull(block, record);
  }

  private faultOf(bundle: CrossShardBundle, from: number): VoidReason | undefined {
    if (!bundle.header.genesis.equals(this.network.hash) || !this.network.topology.has(from))
      return "OTHER_NETWORK";
    if (bundle.destination !== this.shard) return "OTHER_SHARD";
    if (bundle.channelSequence !== (this.received.get(from) ?? 0) + 1) return "OUT_OF_CHANNEL_ORDER";
    const leaf = bundleLeaf(bundle);
    const { leafIndex, leafCount, proof, header } = bundle;
    if (!verifyMerkleProof(leaf, leafIndex, leafCount, proof, header.messagesRoot)) return "BAD_PROOF";
    return verifyCertificate(header, bundle.signatures, this.network.consensus).ok
      ? undefined
      : "BAD_CERTIFICATE";
  }

  private appendCheckpoint(certificate: CheckpointCertificate, record: LogRecord) {
    const voided = this.roots ? this.roots.faultOf(certificate) : "OTHER_SHARD";
    if (voided) return { voided };
    const block = this.begin(record);
    this.roots?.take(certificate.checkpoint, block.overlay);
    return this.endIfFull(block, record);
  }

  private appendCut(cut: Cut, record: LogRecord) {
    if (!this.open || cut.height !== this.last.height + 1) return { voided: "OTHER_CUT" } as const;
    return { block: this.close(this.open, record.offset + 1) };
  }

  /** Opens a block if none is, and counts the record as its next entry. */
  private begin(record: LogRecord): OpenBlock {
    this.open ??= {
      overlay: new Overlay(this.state),
      entries: new GrowingTree(),
      receipts: [],
      outbox: new Map(),
      sinceMs: record.timeMs,
      weight: 0,
      time: this.last.time,
      firstSequence: this.last.sequence + 1,
    };
    this.open.entries.push(record.bytes);
    this.open.weight += 1;
    this.open.time = Math.max(this.open.time, record.timeMs);
    return this.open;
  }

  private context(block: OpenBlock): EntryContext {
    return {
      network: this.network,
      shard: this.shard,
      feeAccount: this.feeAccount,
      overlay: block.overlay,
      time: block.time,
      sequence: block.firstSequence + block.entries.length - 1,
    };
  }

  private record(block: OpenBlock, outcome: EntryOutcome): void {
    block.receipts.push(outcome.receipt);
    if (!outcome.message) return;
    const { to, message } = outcome.message;
    const queue = block.outbox.get(to);
    if (queue) queue.push(message);
    else block.outbox.set(to, [message]);
  }

  private endIfFull(block: OpenBlock, record: LogRecord): { block?: ExecutedBlock } {
    return block.weight >= this.network.genesis.parameters.maximumEntriesPerBlock
      ? { block: this.close(block, record.offset + 1) }
      : {};
  }

  private close(open: OpenBlock, nextOffset: number): ExecutedBlock {
    const bundles = this.bundlesOf(open);
    this.roots?.finish(open.overlay);
    open.overlay.set(this.ownKey, shardValue(this.ownRecord()));
    const changes = open.overlay.finish();
    const encodedChanges = encodeChanges(changes);
    const receiptBytes = open.receipts.map(codec("ReceiptResult").encode);
    const messages = proveBundles(bundles);
    const lastSequence = open.firstSequence + open.entries.length - 1;
    const header: BlockHeader = {
      genesis: this.network.hash,
      shard: this.shard,
      height: this.last.height + 1,
      parent: this.last.digest,
      firstSequence: open.firstSequence,
      lastSequence,
      time: open.time,
      epoch: 0,
      entriesRoot: open.entries.root(),
      receiptsRoot: merkleRootOf(receiptBytes),
      changesRoot: changesRootOf(encodedChanges),
      messagesRoot: messages.root,
    };
    const digest = digestOf(header);
    this.state.apply(changes);
    this.last = { height: header.height, digest, sequence: lastSequence, time: open.time, nextOffset };
    this.open = undefined;
    return {
      header,
      digest,
      receipts: open.receipts,
      receiptBytes,
      changes,
      encodedChanges,
      bundles: messages.proved,
      position: this.last,
    };
  }

  private bundlesOf(open: OpenBlock): Bundle[] {
    return [...open.outbox]
      .sort(([a], [b]) => a - b)
      .map(([destination, messages]) => {
        const channelSequence = (this.sent.get(destination) ?? 0) + 1;
        this.sent.set(destination, channelSequence);
        return { destination, channelSequence, messages };
      });
  }

  private ownRecord() {
    const shards = [...new Set([...this.received.keys(), ...this.sent.keys()])].sort((a, b) => a - b);
    return {
      marks: [...this.marks].sort(([a], [b]) => a - b).map(([partition, offset]) => ({ partition, offset })),
      channels: shards.map((shard) => ({
        shard,
        received: this.received.get(shard) ?? 0,
        sent: this.sent.get(shard) ?? 0,
      })),
      checkpoints: this.roots?.marks ?? [],
    };
  }
}
