import { codec } from "../../schemas/codec.js";
import type {
  BlockHeader,
  CheckpointCertificate,
  CrossShardBundle,
  Cut,
  LogEntry,
  ShardPlace,
  TopologyMarker,
  TopologyProposal,
  UserTransaction,
} from "../../schemas/generated.js";
import { KnownRoots } from "../checkpoint/known-roots.js";
import { verifyCertificate } from "../consensus/certificate.js";
import type { Network } from "../genesis/genesis.js";
import { merkleRootOf, verifyMerkleProof } from "../merkle.js";
import { Ending } from "../resharding/ending.js";
import { MainTopology } from "../resharding/main-topology.js";
import { isUnderPrefix } from "../resharding/prefix.js";
import { isSignedProposal } from "../resharding/proposal.js";
import { SourceMarks } from "../resharding/source-marks.js";
import { changesRootOf, encodeChanges } from "../state/encoded-changes.js";
import { accountKey, feeAccountKey, type StateKey, shardKey } from "../state/key.js";
import { asShard, mainChainValue, type OwnRecord, type State, shardValue } from "../state/state.js";
import { MAIN_CHAIN } from "../topology.js";
import { decodeTransaction } from "../transaction/index.js";
import { applyMessage } from "./apply-message.js";
import { applyProposal } from "./apply-proposal.js";
import { applyTransaction } from "./apply-transaction.js";
import { Channels } from "./channels.js";
import type { EntryContext } from "./context.js";
import type { Appended, ExecutedBlock, ExecutionRules } from "./executed-block.js";
import { firstRecord } from "./first-record.js";
import { digestOf } from "./header.js";
import type { LogRecord, VoidReason } from "./log-record.js";
import { OpenBlock } from "./open-block.js";
import { bundleLeaf, proveBundles } from "./outbox.js";
import type { ChainPosition } from "./position.js";

/**
 * One shard's chain: reads the log record by record and closes the same blocks as everyone who reads it. Nothing but
 * the genesis, what its parents left and the log has an influence, so it is deterministic, and nothing it closed is ever
 * taken back.
 */
export class ShardChain {
  private open: OpenBlock | undefined;
  private readonly place: ShardPlace;
  private readonly marks: SourceMarks;
  private readonly channels: Channels;
  private readonly ending: Ending;
  /** Of the main chain only. */
  private readonly topology: MainTopology | undefined;
  private readonly roots: KnownRoots | undefined;
  private readonly feeAccount: StateKey;
  private readonly ownKey: StateKey;
  private readonly applyTransaction: typeof applyTransaction;
  private readonly applyMessage: typeof applyMessage;

  /** @param inherited the own record that a shard begins with that took others' place; not needed after its first block */
  constructor(
    private readonly network: Network,
    readonly shard: number,
    private readonly state: State,
    private last: ChainPosition,
    private readonly rules: ExecutionRules,
    inherited?: OwnRecord,
  ) {
    this.place = network.topology.shard(shard);
    const { prefix, epoch } = this.place;
    this.feeAccount = feeAccountKey(prefix);
    this.ownKey = shardKey(prefix);
    this.applyTransaction = rules.planted?.applyTransaction ?? applyTransaction;
    this.applyMessage = rules.planted?.applyMessage ?? applyMessage;
    const own =
      last.height === 0
        ? (inherited ?? firstRecord(network.genesis, this.place))
        : asShard(state.get(this.ownKey));
    if (!own) throw new RangeError(`shard ${shard} has no own record at height ${last.height}`);
    this.marks = new SourceMarks(own.marks);
    this.channels = new Channels(shard, prefix, epoch > 0, own);
    this.ending = new Ending(network, this.place, own);
    if (shard !== MAIN_CHAIN) return;
    this.topology = new MainTopology(network, state);
    this.roots = new KnownRoots(network, this.topology, state, own.checkpoints);
  }

  /** Position after the last closed block. */
  get position(): ChainPosition {
    return this.last;
  }

  /** The open block, if it has an entry: its height, and the broker's append time of its first entry. */
  get openBlock(): { height: number; sinceMs: number } | undefined {
    return this.open && { height: this.last.height + 1, sinceMs: this.open.sinceMs };
  }

  /** Whether its last block is closed: nothing that follows counts. */
  get hasEnded(): boolean {
    return !this.open && this.ending.isComplete;
  }

  /** Takes the next record of the log. */
  append(record: LogRecord): Appended {
    if (this.hasEnded) return { voided: "ENDED" };
    const decoded = codec("LogEntry").decode(record.bytes);
    if (!decoded) return { voided: "UNDECODABLE" };
    return this.appendEntry(decoded.entry, record);
  }

  private appendEntry(entry: LogEntry["entry"], record: LogRecord): Appended {
    if ("rustorium.UserTransaction" in entry)
      return this.appendTransaction(entry["rustorium.UserTransaction"], record);
    if ("rustorium.CrossShardBundle" in entry)
      return this.appendBundle(entry["rustorium.CrossShardBundle"], record);
    if ("rustorium.Cut" in entry) return this.appendCut(entry["rustorium.Cut"], record);
    if ("rustorium.CheckpointCertificate" in entry)
      return this.appendCheckpoint(entry["rustorium.CheckpointCertificate"], record);
    if ("rustorium.TopologyMarker" in entry)
      return this.appendMarker(entry["rustorium.TopologyMarker"], record);
    if ("rustorium.TopologyProposal" in entry)
      return this.appendProposal(entry["rustorium.TopologyProposal"], record);
    return { voided: "GENESIS_RECORD" };
  }

  private appendTransaction(entry: UserTransaction, record: LogRecord): Appended {
    const { sourcePartition, sourceOffset } = entry;
    const sender = accountKey(entry.sender);
    if (this.ending.hasTurned(sourcePartition) || this.marks.has(sourcePartition, sourceOffset, sender))
      return { voided: "BELOW_MARK" };
    if (
      sourcePartition < 0 ||
      sourcePartition >= this.network.genesis.sourcePartitions ||
      this.shard === MAIN_CHAIN ||
      !isUnderPrefix(this.place.prefix, sender)
    ) {
      return { voided: "OTHER_SHARD" };
    }
    const decoded = decodeTransaction(entry.transaction, this.network.rules);
    if (!decoded.ok) return { voided: "ILL_FORMED" };
    if (!this.rules.isAuthentic(entry, decoded.transaction, record)) return { voided: "NOT_AUTHENTIC" };
    this.marks.take(sourcePartition, sourceOffset, sender);
    const block = this.begin(record);
    block.record(this.applyTransaction(entry, decoded.transaction, this.context(block)));
    return this.endIfDone(block, record);
  }

  private appendBundle(bundle: CrossShardBundle, record: LogRecord): Appended {
    const from = bundle.header.shard;
    const voided = this.faultOf(bundle);
    if (voided) return { voided };
    const { prefixes } = this.channels.take(bundle);
    const block = this.begin(record);
    const context = this.context(block);
    block.weight += Math.max(0, bundle.messages.length - 1);
    for (const message of bundle.messages) {
      const outcome = this.applyMessage(message, from, prefixes, context);
      if (outcome) block.record(outcome);
    }
    if (bundle.change && from === MAIN_CHAIN && bundle.destination === this.shard)
      this.ending.tell(bundle.change);
    if (this.topology && from !== MAIN_CHAIN) {
      this.topology.heardOf(from, block.time);
      if (bundle.isLast && !this.channels.isOpen(from)) this.topology.forget(from);
    }
    return this.endIfDone(block, record);
  }

  private faultOf(bundle: CrossShardBundle): VoidReason | undefined {
    if (!bundle.header.genesis.equals(this.network.hash)) return "OTHER_NETWORK";
    const fault = this.channels.faultOf(bundle);
    if (fault) return fault;
    const leaf = bundleLeaf(bundle);
    const { leafIndex, leafCount, proof, header } = bundle;
    if (!verifyMerkleProof(leaf, leafIndex, leafCount, proof, header.messagesRoot)) return "BAD_PROOF";
    return verifyCertificate(header, bundle.signatures, this.network.consensus).ok
      ? undefined
      : "BAD_CERTIFICATE";
  }

  private appendCheckpoint(certificate: CheckpointCertificate, record: LogRecord): Appended {
    const voided = this.roots ? this.roots.faultOf(certificate) : "OTHER_SHARD";
    if (voided) return { voided };
    const block = this.begin(record);
    this.roots?.take(certificate.checkpoint, block.overlay);
    return this.endIfDone(block, record);
  }

  private appendMarker(marker: TopologyMarker, record: LogRecord): Appended {
    const isEmpty = this.last.height === 0 && !this.open;
    const voided = this.shard === MAIN_CHAIN ? "OTHER_SHARD" : this.ending.faultOf(marker, isEmpty);
    if (voided) return { voided };
    this.ending.take(marker);
    return this.endIfDone(this.begin(record), record);
  }

  private appendProposal(proposal: TopologyProposal, record: LogRecord): Appended {
    const { topology, roots } = this;
    if (!topology || !roots) return { voided: "OTHER_SHARD" };
    if (!proposal.genesis.equals(this.network.hash)) return { voided: "OTHER_NETWORK" };
    if (!isSignedProposal(proposal, this.network.genesis.operatorKey)) return { voided: "BAD_SIGNATURE" };
    const block = this.begin(record);
    const change = applyProposal(proposal, topology, block);
    for (const { shard } of change?.begun ?? []) this.channels.open(shard);
    if (change) roots.replace(change.ended, block.overlay);
    return this.endIfDone(block, record);
  }

  private appendCut(cut: Cut, record: LogRecord): Appended {
    if (!this.open || cut.height !== this.last.height + 1) return { voided: "OTHER_CUT" };
    return { block: this.close(this.open, record.offset + 1) };
  }

  /** Opens a block if none is, and counts the record as its next entry. */
  private begin(record: LogRecord): OpenBlock {
    this.open ??= new OpenBlock(this.state, this.last, record);
    this.open.enter(record);
    return this.open;
  }

  private context(block: OpenBlock): EntryContext {
    return {
      network: this.network,
      shard: this.shard,
      prefix: this.place.prefix,
      topology: this.topology,
      feeAccount: this.feeAccount,
      overlay: block.overlay,
      time: block.time,
      sequence: block.lastSequence,
    };
  }

  private endIfDone(block: OpenBlock, record: LogRecord): Appended {
    const isFull = block.weight >= this.network.genesis.parameters.maximumEntriesPerBlock;
    return isFull || this.ending.isComplete ? { block: this.close(block, record.offset + 1) } : {};
  }

  private close(open: OpenBlock, nextOffset: number): ExecutedBlock {
    const isLast = this.ending.isComplete;
    const { parents } = this.place;
    if (this.last.height === 0 && parents.length > 0) {
      // By its first block the main chain hears of it.
      open.to(MAIN_CHAIN, "HIGH");
      // The own record of a right half is in the middle of what is one shard now.
      if (parents.length > 1) open.overlay.remove(shardKey(`${this.place.prefix}1`));
    }
    if (isLast) open.lastTo(MAIN_CHAIN);
    const messages = proveBundles(open.bundles(this.channels));
    for (const { destination, isLast: isLastTo } of messages.proved)
      if (isLastTo) this.channels.forgetSent(destination);
    this.topology?.finish(open.overlay);
    this.roots?.finish(open.overlay);
    open.overlay.set(this.ownKey, this.ownValue());
    const changes = open.overlay.finish();
    const encodedChanges = encodeChanges(changes);
    const receiptBytes = open.receipts.map(codec("ReceiptResult").encode);
    const header: BlockHeader = {
      genesis: this.network.hash,
      shard: this.shard,
      height: this.last.height + 1,
      parent: this.last.digest,
      firstSequence: open.firstSequence,
      lastSequence: open.lastSequence,
      time: open.time,
      epoch: this.place.epoch,
      entriesRoot: open.entries.root(),
      receiptsRoot: merkleRootOf(receiptBytes),
      changesRoot: changesRootOf(encodedChanges),
      messagesRoot: messages.root,
      isLast,
    };
    const digest = digestOf(header);
    this.state.apply(changes);
    const { height, time, lastSequence: sequence } = header;
    this.last = { height, digest, sequence, time, nextOffset };
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

  private ownValue() {
    const record: OwnRecord = {
      marks: this.marks.all,
      ...this.channels.record,
      change: this.ending.change,
      markers: this.ending.markers,
      checkpoints: this.roots?.marks ?? [],
    };
    return this.shard === MAIN_CHAIN ? mainChainValue(record) : shardValue(record);
  }
}
