import { Reader } from "./avro.js";
import type { Block, Change } from "./block.js";
import { encodeMessage, leafOfBundle, pack } from "./bundles.js";
import { Channels } from "./channels.js";
import { Draft, type ShardValues } from "./draft.js";
import { GlobalRoot } from "./global-root.js";
import { type KnownHeader, readHeader, seal } from "./headers.js";
import { Marks } from "./marks.js";
import { leafOf, rootByPath, rootOf } from "./merkle.js";
import { MAIN_CHAIN, type ModelNetwork } from "./network.js";
import { note } from "./proposals.js";
import type { CrossShardBundle, Header, LogEntry, UserTransaction } from "./records.js";
import { avro } from "./schemas.js";
import { isOfOperator, Sealing } from "./sealing.js";
import { takeIn } from "./settlement.js";
import { ShardTree } from "./shard-tree.js";
import type { Signatures } from "./signatures.js";
import type { Ended, Start } from "./start.js";
import type { StateValue } from "./state-records.js";
import type { Terms } from "./terms.js";
import type { ShardPlace, TopologyProposal } from "./topology-records.js";
import { carryOut, type Place } from "./transfer.js";

/** In front of what the entry is. */
const UNION_BRANCH_BYTES = 1;

/** What the rules make of one shard's log, record by record. */
export class Chain {
  readonly values: ShardValues;
  height = 0;
  private draft: Draft | undefined;
  private digest: Buffer;
  private sequence = 0;
  private time: number;
  private last: Header | undefined;
  private readonly marks: Marks;
  private readonly channels: Channels;
  private readonly sealing: Sealing;
  /** Of the main chain only. */
  readonly tree: ShardTree | undefined;
  readonly roots: GlobalRoot | undefined;
  private readonly recordKey: string;
  private readonly context: Place;

  constructor(
    private readonly network: ModelNetwork,
    private readonly place: ShardPlace,
    private readonly signatures: Signatures,
    private readonly known: KnownHeader,
    private readonly start: Start,
  ) {
    const { shard, prefix } = place;
    const keys = network.ownKeys(prefix);
    this.recordKey = keys.record;
    this.values = new Map(start.values);
    this.digest = start.digest;
    this.time = start.time;
    this.marks = new Marks(start.marks);
    this.channels = new Channels(place, start.received);
    this.sealing = new Sealing(network, place, signatures.verify);
    if (shard === MAIN_CHAIN) {
      this.tree = new ShardTree(network);
      this.roots = new GlobalRoot(network, this.tree, signatures);
    }
    this.context = { network, shard, prefix, tree: this.tree, fees: keys.fees };
  }

  /** Whether a block has entries and has not been ended. */
  get isOpen(): boolean {
    return this.draft !== undefined;
  }

  /** Whether a value has been there since its shard began. */
  isFromStart({ key, before }: Change): boolean {
    return before !== undefined && this.start.values.get(key) === before;
  }

  /** How it ended, once its last block is there. */
  get end(): Ended | undefined {
    const { last, place, values, digest, time } = this;
    if (!last?.isLast) return undefined;
    return {
      place,
      last,
      values,
      digest,
      time,
      marks: this.marks.list,
      received: this.channels.record.received,
    };
  }

  /**
   * Takes a record of the log; returns the block that it ends, if it ends one.
   * @param termsOf the terms of an authentic transaction; undefined where it is none
   */
  append(
    entry: LogEntry["entry"],
    bytes: Buffer,
    timeMs: number,
    termsOf: (entry: UserTransaction) => Terms | undefined,
  ): Block | undefined {
    if (this.last?.isLast) return undefined;
    switch (entry.is) {
      case "UserTransaction": {
        const terms = this.mayCount(entry.value) ? termsOf(entry.value) : undefined;
        if (!terms) return undefined;
        const { sourcePartition, sourceOffset, sender } = entry.value;
        this.marks.raise(sourcePartition, sourceOffset, this.network.homeOf(sender).bits);
        const draft = this.begin(bytes, timeMs);
        carryOut(entry.value, terms, draft, this.context);
        return this.endIfDone(draft);
      }
      case "CrossShardBundle": {
        const prefixes = this.isNext(entry.value, bytes) ? this.channels.prefixesOf(entry.value) : [];
        if (prefixes.length === 0) return undefined;
        const draft = this.begin(bytes, timeMs);
        this.takeBundle(entry.value, prefixes, draft);
        return this.endIfDone(draft);
      }
      case "CheckpointCertificate": {
        if (!this.roots?.isEntry(entry.value)) return undefined;
        const draft = this.begin(bytes, timeMs);
        this.roots.take(entry.value.checkpoint, draft);
        return this.endIfDone(draft);
      }
      case "TopologyMarker": {
        const isFirst = this.height === 0 && !this.draft;
        if (this.tree || !this.sealing.isEntry(entry.value, isFirst)) return undefined;
        this.sealing.take(entry.value);
        return this.endIfDone(this.begin(bytes, timeMs));
      }
      case "TopologyProposal": {
        if (!this.tree || !isOfOperator(entry.value, this.network, this.signatures.verify)) return undefined;
        const draft = this.begin(bytes, timeMs);
        this.decide(entry.value, draft, this.tree);
        return this.endIfDone(draft);
      }
      case "Cut":
        return this.draft && entry.value.height === this.height + 1 ? this.close(this.draft) : undefined;
      case "Genesis":
      case "GenesisAllocation":
        return undefined;
    }
  }

  /** Whether the log has taken in neither this source record nor a later one, and its sender lives here. */
  mayCount({ sourcePartition, sourceOffset, sender }: UserTransaction): boolean {
    const { bits } = this.network.homeOf(sender);
    return (
      sourcePartition >= 0 &&
      sourcePartition < this.network.genesis.sourcePartitions &&
      !this.last?.isLast &&
      !this.tree &&
      bits.startsWith(this.place.prefix) &&
      !this.sealing.hasTurned(sourcePartition) &&
      !this.marks.covers(sourcePartition, sourceOffset, bits)
    );
  }

  private isNext(bundle: CrossShardBundle, bytes: Buffer): boolean {
    const { header, leafIndex, leafCount, proof, signatures } = bundle;
    if (!header.genesis.equals(this.network.hash) || this.channels.prefixesOf(bundle).length === 0)
      return false;
    const leaf = leafOfBundle({ ...bundle, messages: bundle.messages.map(encodeMessage) });
    const root = rootByPath(leaf, leafIndex, leafCount, proof);
    if (!root?.equals(header.messagesRoot)) return false;
    const reader = new Reader(bytes);
    reader.at = UNION_BRANCH_BYTES;
    const { digest } = readHeader(reader, this.known);
    return typeof this.signatures.stakeOf(digest, signatures) === "number";
  }

  private takeBundle(bundle: CrossShardBundle, prefixes: readonly string[], draft: Draft): void {
    const { header, messages, change, destination, isLast } = bundle;
    const from = header.shard;
    this.channels.take(bundle);
    // The entry itself counts one already.
    draft.weight += Math.max(0, messages.length - 1);
    draft.after.push(header);
    for (const message of messages) takeIn(message, from, prefixes, draft, this.context);
    if (change && from === MAIN_CHAIN && destination === this.place.shard) this.sealing.change = change;
    this.tree?.heard(from, isLast && !this.channels.hears(from), draft.time);
  }

  private decide(proposal: TopologyProposal, draft: Draft, tree: ShardTree): void {
    const verdict = tree.propose(proposal, draft.time);
    note(proposal, verdict, draft);
    const change = "change" in verdict ? verdict.change : undefined;
    if (!change) return;
    draft.decided.push(change);
    for (const { shard } of change.begun) this.channels.open(shard);
    for (const shard of change.ended) {
      draft.sayGoodbye(shard);
      draft.parcel(shard, "HIGH").change = change;
    }
    const ended = tree.value.shards.filter(({ place }) => change.ended.includes(place.shard));
    this.roots?.forget(
      ended.map(({ place }) => place),
      draft,
    );
  }

  private begin(bytes: Buffer, timeMs: number): Draft {
    this.draft ??= new Draft(this.values, this.time, this.sequence + 1);
    this.draft.weight += 1;
    this.draft.entries.push(leafOf(bytes));
    this.draft.time = Math.max(this.draft.time, timeMs);
    return this.draft;
  }

  private endIfDone(draft: Draft): Block | undefined {
    const { maximumEntriesPerBlock } = this.network.genesis.parameters;
    return this.sealing.isDone || draft.weight >= maximumEntriesPerBlock ? this.close(draft) : undefined;
  }

  /** What the first block of a shard does that took others' place. */
  private introduce(draft: Draft): void {
    draft.parcel(MAIN_CHAIN, "HIGH");
    draft.after.push(...this.start.after);
    if (this.place.parents.length === 2) draft.remove(this.network.ownKeys(`${this.place.prefix}1`).record);
  }

  private close(draft: Draft): Block {
    const isLast = this.sealing.isDone;
    if (this.height === 0 && this.place.parents.length > 0) this.introduce(draft);
    if (isLast) draft.sayGoodbye(MAIN_CHAIN);
    const outgoing = pack(draft.parcels, this.channels);
    this.tree?.finish(draft);
    this.roots?.finish(draft);
    draft.touched.set(this.recordKey, this.ownRecord());
    const changes = [...draft.touched].sort(byKey).map(([key, value]): Change => {
      const bytes = avro.StateChange.encode({ key, value });
      return { key, before: this.values.get(key), value, bytes, valueBytes: bytes.length - keyBytes(key) };
    });
    const receiptBytes = draft.receipts.map((receipt) => avro.ReceiptResult.encode(receipt));
    const header: Header = {
      genesis: this.network.hash,
      shard: this.place.shard,
      height: this.height + 1,
      parent: this.digest,
      firstSequence: draft.firstSequence,
      lastSequence: draft.sequence,
      time: draft.time,
      epoch: this.place.epoch,
      entriesRoot: rootOf(draft.entries),
      receiptsRoot: rootOf(receiptBytes.map(leafOf)),
      changesRoot: rootOf(changes.map(({ bytes }) => leafOf(bytes))),
      messagesRoot: outgoing.root,
      isLast,
    };
    const sealed = seal(header);
    for (const { key, value } of changes) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
    this.height = header.height;
    this.digest = sealed.digest;
    this.sequence = header.lastSequence;
    this.time = header.time;
    this.last = header;
    this.draft = undefined;
    const { receipts, after, decided } = draft;
    return { ...sealed, receipts, receiptBytes, changes, outgoing: outgoing.list, after, decided };
  }

  private ownRecord(): StateValue {
    const channels = this.channels.record;
    if (this.roots) return { is: "MainChainState", value: { ...channels, checkpoints: this.roots.marks } };
    const { change, markers } = this.sealing;
    return { is: "ShardState", value: { marks: this.marks.list, ...channels, change, markers } };
  }
}

/** Bytes of a key in Avro: its length takes one byte below 64, else two. */
function keyBytes(key: string): number {
  return key.length + (key.length < 64 ? 1 : 2);
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}
