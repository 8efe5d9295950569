import { Reader } from "./avro.js";
import { Draft, type ShardValues } from "./draft.js";
import { GlobalRoot } from "./global-root.js";
import { type KnownHeader, readHeader, type SealedHeader, seal } from "./headers.js";
import { leafOf, pathOf, rootByPath, rootOf } from "./merkle.js";
import { MAIN_CHAIN, type ModelNetwork } from "./network.js";
import type {
  CrossShardBundle,
  GenesisShard,
  Header,
  LogEntry,
  Message,
  ReceiptResult,
  UserTransaction,
} from "./records.js";
import { avro } from "./schemas.js";
import { takeIn } from "./settlement.js";
import { sha256 } from "./sha256.js";
import type { Signatures } from "./signatures.js";
import type { ShardRecord, StateValue } from "./state-records.js";
import type { Terms } from "./terms.js";
import { carryOut, type Place } from "./transfer.js";

/** In front of what the entry is. */
const UNION_BRANCH_BYTES = 1;
const BUNDLE_DOMAIN = Buffer.from("rustorium/bundle/v1\0");

export interface Change {
  /** State key as latin1. */
  readonly key: string;
  readonly before: StateValue | undefined;
  readonly value: StateValue | null;
  /** Avro bytes of the StateChange. */
  readonly bytes: Buffer;
  /** How many of them, at the end, are the value. */
  readonly valueBytes: number;
}

/** Messages to one shard; `messages` are Avro bytes. */
export interface Outgoing {
  readonly destination: number;
  readonly channelSequence: number;
  readonly messages: readonly Buffer[];
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly proof: readonly Buffer[];
}

/** A block as the rules make it out of the log. */
export interface Block extends SealedHeader {
  readonly receipts: readonly ReceiptResult[];
  readonly receiptBytes: readonly Buffer[];
  /** By ascending key. */
  readonly changes: readonly Change[];
  readonly outgoing: readonly Outgoing[];
  /** Blocks of other shards whose messages it took in. */
  readonly takenIn: readonly Header[];
}

/** What the rules make of one shard's log, record by record. */
export class Chain {
  readonly values: ShardValues = new Map();
  height = 0;
  private draft: Draft | undefined;
  private digest: Buffer;
  private sequence = 0;
  private time = 0;
  private readonly marks = new Map<number, number>();
  private readonly received = new Map<number, number>();
  private readonly sent = new Map<number, number>();
  /** Of the main chain only. */
  readonly roots: GlobalRoot | undefined;
  private readonly recordKey: string;
  private readonly place: Place;

  constructor(
    private readonly network: ModelNetwork,
    private readonly shard: GenesisShard,
    private readonly signatures: Signatures,
    private readonly known: KnownHeader,
  ) {
    const keys = network.ownKeys(shard);
    this.recordKey = keys.record;
    this.place = { network, shard: shard.shard, fees: keys.fees };
    this.digest = network.hash;
    if (shard.shard === MAIN_CHAIN) this.roots = new GlobalRoot(network, signatures);
    for (const { accounts } of network.allocation) {
      for (const { account, balance, nonce } of accounts) {
        const home = network.homeOf(account);
        if (home.shard !== shard.shard) continue;
        this.values.set(home.key, { is: "AccountState", value: { balance, nonce, escrowed: 0n } });
      }
    }
  }

  /** Whether a block has entries and has not been ended. */
  get isOpen(): boolean {
    return this.draft !== undefined;
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
    switch (entry.is) {
      case "UserTransaction": {
        const terms = this.mayCount(entry.value) ? termsOf(entry.value) : undefined;
        if (!terms) return undefined;
        const { sourcePartition, sourceOffset } = entry.value;
        this.marks.set(sourcePartition, sourceOffset);
        const draft = this.begin(bytes, timeMs);
        draft.weight += 1;
        carryOut(entry.value, terms, draft, this.place);
        return this.endIfFull(draft);
      }
      case "CrossShardBundle": {
        const bundle = entry.value;
        if (!this.isNext(bundle, bytes)) return undefined;
        this.received.set(bundle.header.shard, bundle.channelSequence);
        const draft = this.begin(bytes, timeMs);
        draft.weight += bundle.messages.length;
        draft.takenIn.push(bundle.header);
        for (const message of bundle.messages) takeIn(message, bundle.header.shard, draft, this.place);
        return this.endIfFull(draft);
      }
      case "CheckpointCertificate": {
        if (!this.roots?.isEntry(entry.value)) return undefined;
        const draft = this.begin(bytes, timeMs);
        draft.weight += 1;
        this.roots.take(entry.value.checkpoint, draft);
        return this.endIfFull(draft);
      }
      case "Cut":
        return this.draft && entry.value.height === this.height + 1 ? this.end(this.draft) : undefined;
      case "Genesis":
      case "GenesisAllocation":
        return undefined;
    }
  }

  /** Whether the log has taken in neither this source record nor a later one, and its sender lives here. */
  mayCount({ sourcePartition, sourceOffset, sender }: UserTransaction): boolean {
    return (
      sourcePartition >= 0 &&
      sourcePartition < this.network.genesis.sourcePartitions &&
      sourceOffset > (this.marks.get(sourcePartition) ?? Number.NEGATIVE_INFINITY) &&
      this.network.homeOf(sender).shard === this.shard.shard
    );
  }

  private isNext(bundle: CrossShardBundle, bytes: Buffer): boolean {
    const { header, destination, channelSequence, leafIndex, leafCount, proof, signatures } = bundle;
    if (destination !== this.shard.shard || !this.network.has(header.shard)) return false;
    if (!header.genesis.equals(this.network.hash)) return false;
    if (channelSequence !== (this.received.get(header.shard) ?? 0) + 1) return false;
    const leaf = leafOfBundle(destination, channelSequence, bundle.messages.map(encodeMessage));
    const root = rootByPath(leaf, leafIndex, leafCount, proof);
    if (!root?.equals(header.messagesRoot)) return false;
    const reader = new Reader(bytes);
    reader.at = UNION_BRANCH_BYTES;
    const { digest } = readHeader(reader, this.known);
    return typeof this.signatures.stakeOf(digest, signatures) === "number";
  }

  private begin(bytes: Buffer, timeMs: number): Draft {
    this.draft ??= new Draft(this.values, this.time, this.sequence + 1);
    this.draft.entries.push(leafOf(bytes));
    this.draft.time = Math.max(this.draft.time, timeMs);
    return this.draft;
  }

  private endIfFull(draft: Draft): Block | undefined {
    const { maximumEntriesPerBlock } = this.network.genesis.parameters;
    return draft.weight >= maximumEntriesPerBlock ? this.end(draft) : undefined;
  }

  private end(draft: Draft): Block {
    const outgoing = this.outgoingOf(draft);
    this.roots?.finish(draft);
    draft.touched.set(this.recordKey, this.ownRecord());
    const changes = [...draft.touched].sort(byKey).map(([key, value]): Change => {
      const bytes = avro.StateChange.encode({ key, value });
      return { key, before: this.values.get(key), value, bytes, valueBytes: bytes.length - keyBytes(key) };
    });
    const receiptBytes = draft.receipts.map((receipt) => avro.ReceiptResult.encode(receipt));
    const header: Header = {
      genesis: this.network.hash,
      shard: this.shard.shard,
      height: this.height + 1,
      parent: this.digest,
      firstSequence: draft.firstSequence,
      lastSequence: draft.sequence,
      time: draft.time,
      epoch: 0,
      entriesRoot: rootOf(draft.entries),
      receiptsRoot: rootOf(receiptBytes.map(leafOf)),
      changesRoot: rootOf(changes.map(({ bytes }) => leafOf(bytes))),
      messagesRoot: outgoing.root,
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
    this.draft = undefined;
    const { receipts, takenIn } = draft;
    return { ...sealed, receipts, receiptBytes, changes, outgoing: outgoing.list, takenIn };
  }

  private outgoingOf(draft: Draft): { root: Buffer; list: Outgoing[] } {
    const bundles = [...draft.outgoing.keys()]
      .sort((a, b) => a - b)
      .map((destination) => {
        const channelSequence = (this.sent.get(destination) ?? 0) + 1;
        this.sent.set(destination, channelSequence);
        return {
          destination,
          channelSequence,
          messages: draft.outgoing.get(destination)!.map(encodeMessage),
        };
      });
    const leaves = bundles.map(({ destination, channelSequence, messages }) =>
      leafOfBundle(destination, channelSequence, messages),
    );
    const list = bundles.map((bundle, leafIndex) => ({
      ...bundle,
      leafIndex,
      leafCount: leaves.length,
      proof: pathOf(leaves, leafIndex),
    }));
    return { root: rootOf(leaves), list };
  }

  private ownRecord(): StateValue {
    const value = this.marksAndChannels();
    const checkpoints = this.roots?.marks ?? [];
    if (checkpoints.length === 0) return { is: "ShardState", value };
    return { is: "MainChainState", value: { ...value, checkpoints } };
  }

  private marksAndChannels(): ShardRecord {
    const others = new Set([...this.received.keys(), ...this.sent.keys()]);
    return {
      marks: [...this.marks].sort(([a], [b]) => a - b).map(([partition, offset]) => ({ partition, offset })),
      channels: [...others]
        .sort((a, b) => a - b)
        .map((shard) => ({
          shard,
          received: this.received.get(shard) ?? 0,
          sent: this.sent.get(shard) ?? 0,
        })),
    };
  }
}

/** Bytes of a key in Avro: its length takes one byte below 64, else two. */
function keyBytes(key: string): number {
  return key.length + (key.length < 64 ? 1 : 2);
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}

function encodeMessage(message: Message): Buffer {
  return avro.CrossShardMessage.encode(message);
}

function leafOfBundle(destination: number, channelSequence: number, messages: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt32BE(destination);
  head.writeBigInt64BE(BigInt(channelSequence), 4);
  return leafOf(sha256(BUNDLE_DOMAIN, head, ...messages));
}
