import { NOT_CANONICAL } from "./avro.js";
import type { Block } from "./block.js";
import { checkCold } from "./cold.js";
import { Cut } from "./cut.js";
import { checkEnds, checkEscrows, checkQuiet, checkStores, type End, type Seen } from "./finish.js";
import { MAIN_CHAIN, ModelNetwork, type Verify, verifyEd25519 } from "./network.js";
import { Notifications } from "./notifications.js";
import { Owners } from "./owners.js";
import { avro, decodeWire } from "./schemas.js";
import type { ShardAudit } from "./shard.js";
import { Shards } from "./shards.js";
import { Signatures } from "./signatures.js";
import type { HashPair } from "./state-root.js";
import { type Intent, Submissions } from "./submissions.js";
import type { Terms } from "./terms.js";
import { TopologyTopic } from "./topology-topic.js";
import type { Report, Violation } from "./violations.js";

/** Largest record of any topic, in bytes. */
const RECORD_BYTES_MAX = 8 * 2 ** 20;

export interface ModelOptions {
  /** Avro bytes of the Genesis. */
  readonly genesis: Buffer;
  /** Avro bytes of each GenesisAllocation, in order. */
  readonly allocation: readonly Buffer[];
  /** Judge of Ed25519 signatures; by default OpenSSL's. For networks whose signatures are stubs. */
  readonly verify?: Verify;
  /** Hash of state trees; by default the verifier's Poseidon. For networks whose signatures are stubs. */
  readonly hashPair?: HashPair;
  /** Validators whose votes may be anything: what others do about them is checked all the same. */
  readonly dishonest?: readonly number[];
  /** The network has no checkpoint stage: no state's root is expected. */
  readonly withoutCheckpoints?: boolean;
  onViolation(violation: Violation): void;
}

/** A record as a read_committed reader sees it. */
export interface ModelRecord {
  /** Without the network's prefix, e.g. `shard.votes`. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Broker's append time, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly key: Buffer | null;
  /** Confluent wire format. */
  readonly value: Buffer | null;
}

/** What the model saw. */
export interface Counts {
  readonly records: number;
  readonly blocks: number;
  readonly certified: number;
  readonly votes: number;
  readonly transfers: number;
  readonly refused: number;
  readonly crossShard: number;
  readonly settled: number;
  readonly notifications: number;
  /** Changes of the shard tree, certified. */
  readonly splits: number;
  readonly merges: number;
  /** Of these, those decided while transfers were under way. */
  readonly changesWithEscrow: number;
}

/**
 * An auditor of a network that shares no code with its stages: carries every shard's log out by its own reading of the
 * rules and holds everything that stages write against that, record by record.
 */
export class Model {
  private readonly network: ModelNetwork;
  private readonly submissions: Submissions;
  private readonly notifications: Notifications;
  private readonly cut: Cut;
  private readonly shards: Shards;
  private readonly topology: TopologyTopic;
  private readonly dishonest: ReadonlySet<number>;
  private readonly withCheckpoints: boolean;
  private readonly report: Report;
  private records = 0;
  private transfers = 0;
  private refused = 0;
  private splits = 0;
  private merges = 0;

  constructor(options: ModelOptions) {
    this.report = (invariant, detail) => options.onViolation({ invariant, detail });
    this.network = new ModelNetwork(options.genesis, options.allocation, options.hashPair);
    const verify = options.verify ?? verifyEd25519;
    const signatures = new Signatures(this.network, verify);
    this.dishonest = new Set(options.dishonest);
    this.withCheckpoints = options.withoutCheckpoints !== true;
    this.submissions = new Submissions(this.network, verify, this.report);
    const owners = new Owners(this.network, this.report);
    this.cut = new Cut(this.network, this.report, (block) => owners.take(block));
    this.topology = new TopologyTopic(this.report);
    const { network, report, dishonest } = this;
    const onCertified = (block: Block) => this.onCertified(block);
    const isTakenElsewhere = owners.isTakenElsewhere.bind(owners);
    const shared = { network, signatures, report, dishonest, onCertified, isTakenElsewhere };
    this.shards = new Shards(shared, this.submissions);
    this.notifications = new Notifications(this.shards, this.submissions, this.report);
  }

  /** Once for each record that was acknowledged in `transactions`, before or after the record itself is read. */
  submitted(intent: Intent): void {
    this.submissions.intend(intent);
    for (const shard of this.shards.all) shard.pump();
  }

  /**
   * What a transaction says that was sent without ever being acknowledged: it may be there all the same. Only needed for the
   * scheme ETHEREUM, whose senders the model can't recover.
   * @param transaction Avro bytes of the SignedTransaction
   */
  signed(transaction: Buffer, terms: Terms): void {
    this.submissions.learn(transaction, terms);
  }

  /** Each record of each topic, by offset within a partition and as they become readable across partitions. */
  record(record: ModelRecord): void {
    this.records++;
    const { topic, partition, offset, value } = record;
    if (value !== null && value.length > RECORD_BYTES_MAX)
      this.report("bounded", `${topic}[${partition}]@${offset} has ${value.length} bytes`);
    this.reading(record, () => this.route(record));
  }

  private reading({ topic, partition, offset }: ModelRecord, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error !== NOT_CANONICAL) throw error;
      this.report("readable", `${topic}[${partition}]@${offset}`);
    }
  }

  private route(record: ModelRecord): void {
    const { topic, partition, offset, timeMs, value } = record;
    switch (topic) {
      case "transactions":
        this.submissions.published(partition, offset, timeMs, value);
        return;
      case "transactions.validated":
        this.submissions.validated(read(decodeWire(avro.ValidatedTransaction, value)));
        return;
      case "transactions.rejected":
        this.submissions.rejected(read(decodeWire(avro.RejectedTransaction, value)));
        return;
      case "notifications":
        this.notifications.take(read(decodeWire(avro.Notification, value)), timeMs);
        return;
      case "topology":
        this.topology.take(record);
        return;
      default:
        if (topic.startsWith("shard."))
          this.shards.at(partition, (shard) => this.reading(record, () => routeOfShard(record, shard)));
    }
  }

  private onCertified(block: Block): void {
    for (const { kind } of block.receipts) {
      if (kind === "TRANSFER" || kind === "PREPARED") this.transfers++;
      else if (kind === "REFUSED") this.refused++;
    }
    for (const { kind } of block.decided) {
      if (kind === "SPLIT") this.splits++;
      else this.merges++;
    }
    this.cut.certified(block);
    if (block.header.shard === MAIN_CHAIN) this.topology.certified(block);
  }

  /** Once, when the network is quiet and everything is up. */
  finish(end: End): void {
    this.submissions.close();
    for (const shard of this.shards.all) shard.pump();
    for (const partition of this.shards.strayPartitions)
      this.report("readable", `partition ${partition} has records, and no shard lives there`);
    const seen = this.seen(this.report);
    checkQuiet(seen, end);
    checkEnds(seen, end);
    checkEscrows(seen);
    checkStores(seen, end);
    checkCold(seen, end);
  }

  /** Whether nothing is left to do: everything ended and is certified, and every honest validator has voted on it. */
  get isSettled(): boolean {
    let isSettled = true;
    const report: Report = (invariant) => {
      // What came too late has come all the same.
      if (invariant !== "settled-in-time") isSettled = false;
    };
    const seen = this.seen(report);
    checkQuiet(seen, { healedAtMs: 0, stores: [] });
    if (isSettled) checkEnds(seen, { healedAtMs: 0, stores: [] });
    return isSettled;
  }

  private seen(report: Report): Seen {
    const { submissions, notifications, cut, dishonest, withCheckpoints, topology } = this;
    const shards = this.shards.all;
    return { shards, submissions, notifications, cut, dishonest, withCheckpoints, topology, report };
  }

  get counts(): Counts {
    const shards = this.shards.all;
    const sum = (of: (shard: ShardAudit) => number) => shards.reduce((total, shard) => total + of(shard), 0);
    return {
      records: this.records,
      blocks: sum(({ blocks }) => blocks.length),
      certified: sum(({ finality }) => finality.certified),
      votes: sum(({ finality }) => finality.votes),
      transfers: this.transfers,
      refused: this.refused,
      crossShard: this.cut.transfers.size,
      settled: this.notifications.settled.size,
      notifications: this.notifications.count,
      splits: this.splits,
      merges: this.merges,
      changesWithEscrow: this.cut.changesWithEscrow,
    };
  }
}

/** The value, or NOT_CANONICAL thrown where it could not be read. */
function read<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw NOT_CANONICAL;
  return value;
}

/** A record of a topic of shards. */
function routeOfShard(record: ModelRecord, shard: ShardAudit): void {
  const { topic, timeMs, key, value } = record;
  switch (topic) {
    case "shard.log":
      shard.append(record);
      return;
    case "shard.state":
      shard.state.take(record);
      return;
    case "shard.blocks":
      shard.outputs.header(read(value));
      return;
    case "shard.receipts":
      shard.outputs.receipt(read(value));
      return;
    case "shard.changes":
      shard.outputs.changes(read(value));
      return;
    case "shard.messages":
      shard.outputs.outgoing(read(value));
      return;
    case "shard.votes":
      shard.finality.vote(read(value), key);
      return;
    case "shard.finalized":
      shard.finality.certificate(read(value), timeMs);
      return;
    case "shard.checkpoint.votes":
      shard.checkpoints.vote(read(value), key);
      return;
    case "shard.checkpoints":
      shard.checkpoints.certificate(read(value));
      return;
  }
}
