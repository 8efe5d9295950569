import { Channels } from "../../ledger/block/channels.js";
import type { ExecutedBlock, PlantedRules } from "../../ledger/block/executed-block.js";
import { firstRecord } from "../../ledger/block/first-record.js";
import { digestOf } from "../../ledger/block/header.js";
import type { LogRecord } from "../../ledger/block/log-record.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { CountedState } from "../../ledger/conservation.js";
import { genesisHash, type Network } from "../../ledger/genesis/genesis.js";
import { type StateKey, shardKey } from "../../ledger/state/key.js";
import { asShard, type OwnRecord } from "../../ledger/state/state.js";
import type { KnownShard } from "../../ledger/topology.js";
import type { DecodedTransaction } from "../../ledger/transaction/index.js";
import { codec, WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import type { CrossShardBundle, LogEntry, UserTransaction } from "../../schemas/generated.js";
import { isAuthenticBySignature } from "../chain/authenticity.js";
import type { InputRecord } from "../stage.js";
import type { Difference } from "./difference.js";
import type { Senders } from "./senders.js";
import type { EndedState, ShardStart } from "./start.js";

/** Records after which another shard gets its turn. */
const TURN_RECORDS = 512;
/** Place of a UserTransaction in the union of log entries: of the others alone this must know what they are. */
const USER_TRANSACTION_BRANCH = 0;

export interface ReplayOptions {
  readonly network: Network;
  readonly shard: number;
  readonly start: ShardStart;
  /** Of the log, from the start's position on. */
  readonly records: AsyncIterable<readonly InputRecord[]>;
  readonly senders: Senders;
  /**
   * End of the log at a moment after which the ends of all logs were taken: what bundles below it came from is in those. Of
   * bundles above it nothing can be said, and the log is read only as far as the others explain it.
   */
  readonly explainedEnd: number;
  readonly onSignature: () => void;
  readonly planted?: PlantedRules;
}

/** What came of a turn. `waiting`: its next record is a bundle that the sender's replay hasn't sent yet. */
export type Turn =
  | { readonly kind: "block"; readonly block: ExecutedBlock }
  | { readonly kind: "difference"; readonly difference: Difference }
  | { readonly kind: "turn" | "waiting" | "end" };

/** Executes a shard's log from its start. Nothing is received before its sender has sent it, so all replays are one cut. */
export class ShardReplay {
  readonly state = new CountedState();
  private readonly chain: ShardChain;
  private readonly batches: AsyncIterator<readonly InputRecord[]>;
  private batch: readonly InputRecord[] = [];
  private at = 0;
  private taken = 0;
  private lastMs: number;
  private waitsFor: CrossShardBundle | undefined;
  private readonly place: KnownShard;
  private readonly ownKey: StateKey;
  /** As the chain's own: which bundles may come next. */
  private channels: Channels;

  constructor(private readonly options: ReplayOptions) {
    const { network, shard, start, records, onSignature, planted } = options;
    this.state.apply(start.values);
    this.lastMs = start.position.time;
    this.batches = records[Symbol.asyncIterator]();
    this.place = network.topology.shard(shard);
    this.ownKey = shardKey(this.place.prefix);
    const rules = {
      isAuthentic: (entry: UserTransaction, decoded: DecodedTransaction, record: LogRecord) => {
        onSignature();
        return isAuthenticBySignature(entry, decoded, record);
      },
      ...(planted && { planted }),
    };
    this.chain = new ShardChain(network, shard, this.state, start.position, rules, start.inherited);
    this.channels = this.currentChannels();
  }

  get position() {
    return this.chain.position;
  }

  /** Whether its last block is closed: nothing that follows counts. */
  get hasEnded(): boolean {
    return this.chain.hasEnded;
  }

  /** After its end: what those that begin in its place take over. */
  get endedState(): EndedState {
    const { position, state, place } = this;
    return { prefix: place.prefix, record: this.ownRecord, position, values: state.values };
  }

  private get ownRecord(): OwnRecord {
    // Before its first block a left half finds its parent's under the key.
    const own =
      this.position.height === 0 ? this.options.start.inherited : asShard(this.state.get(this.ownKey));
    return own ?? firstRecord(this.options.network.genesis, this.place);
  }

  /** Append time of the last record, in milliseconds since 1970. */
  get timeMs(): number {
    return this.lastMs;
  }

  /** Records read so far. */
  get recordsTaken(): number {
    return this.taken;
  }

  /** Whether a turn would lead nowhere before another shard's. */
  get isWaiting(): boolean {
    return this.waitsFor !== undefined && !this.isSent(this.waitsFor);
  }

  /**
   * Goes on to the next block, or until it is others' turn.
   * @param isStuck whether no shard can go on: then the bundle that this one waits for was never sent, or it is void
   */
  async turn(isStuck: boolean): Promise<Turn> {
    this.waitsFor = undefined;
    if (this.hasEnded) return { kind: "end" };
    for (let count = 0; count < TURN_RECORDS; count++) {
      while (this.at >= this.batch.length) if (!(await this.fill())) return { kind: "end" };
      const record = this.batch[this.at]!;
      const value = record.value ?? EMPTY;
      const bytes = value.subarray(Math.min(WIRE_HEADER_BYTES, value.length));
      const other =
        bytes.length === 0 || bytes[0] === USER_TRANSACTION_BRANCH
          ? undefined
          : codec("LogEntry").decode(bytes);
      const bundle = other && this.nextBundle(other.entry);
      const isSent = bundle === undefined || this.isSent(bundle);
      if (!isSent && !isStuck) {
        this.waitsFor = bundle;
        return { kind: "waiting" };
      }
      if (!isSent && record.offset >= this.options.explainedEnd) return { kind: "end" };
      const turn = this.append(record, bytes, bundle);
      this.at++;
      this.taken++;
      this.lastMs = record.timeMs;
      if (turn) return turn;
      const wrong = other && this.faultOfGenesis(other.entry, record.offset);
      if (wrong) return { kind: "difference", difference: wrong };
      // One record more than the others explain is enough: it may have been void, and all can go on.
      if (!isSent) return { kind: "turn" };
    }
    return { kind: "turn" };
  }

  private append(record: InputRecord, bytes: Buffer, bundle: CrossShardBundle | undefined): Turn | undefined {
    const { timeMs, offset, authorship } = record;
    const { shard, senders } = this.options;
    const { block, voided } = this.chain.append({ bytes, timeMs, offset, authorship });
    if (bundle && !voided) {
      const { header } = bundle;
      this.channels.take(bundle);
      if (!senders.isOwn(header, digestOf(header))) {
        const what = `a bundle of shard ${header.shard}, height ${header.height}, is not what that shard's log gives`;
        const height = block?.header.height ?? this.chain.position.height + 1;
        const message = `shard.log: ${what}`;
        return {
          kind: "difference",
          difference: { code: "BUNDLE_NOT_SENT", shard, height, offset, message },
        };
      }
    }
    if (!block) return undefined;
    // The main chain's change with those of the shard tree.
    this.channels = this.currentChannels();
    return { kind: "block", block };
  }

  private currentChannels(): Channels {
    const { shard, epoch, prefix } = this.place;
    return new Channels(shard, prefix, epoch > 0, this.ownRecord);
  }

  /** The entry where it is a bundle that the chain may take next. */
  private nextBundle(entry: LogEntry["entry"]): CrossShardBundle | undefined {
    if (!("rustorium.CrossShardBundle" in entry)) return undefined;
    const bundle = entry["rustorium.CrossShardBundle"];
    const isOfNetwork = bundle.header.genesis.equals(this.options.network.hash);
    return isOfNetwork && this.channels.faultOf(bundle) === undefined ? bundle : undefined;
  }

  private isSent({ header }: CrossShardBundle): boolean {
    return this.options.senders.hasReached(header);
  }

  /** The main chain begins with the genesis; later ones are void. */
  private faultOfGenesis(entry: LogEntry["entry"], offset: number): Difference | undefined {
    const { network, shard } = this.options;
    if (this.taken > 1 || !("rustorium.Genesis" in entry)) return undefined;
    if (genesisHash(entry["rustorium.Genesis"]).equals(network.hash)) return undefined;
    const message = "shard.log: it begins with another genesis than the topic genesis";
    return { code: "GENESIS_DIFFERS", shard, height: 0, offset, message };
  }

  private async fill(): Promise<boolean> {
    const next = await this.batches.next();
    if (next.done === true) return false;
    this.batch = next.value;
    this.at = 0;
    return true;
  }
}

const EMPTY = Buffer.alloc(0);
