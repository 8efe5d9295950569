import type { Block } from "./block.js";
import { Chain } from "./chain.js";
import { Checkpoints } from "./checkpoints.js";
import { Finality } from "./finality.js";
import type { KnownHeader } from "./headers.js";
import type { ModelNetwork } from "./network.js";
import { Outputs } from "./outputs.js";
import type { ReceiptResult } from "./records.js";
import { avro, WIRE_HEADER_BYTES } from "./schemas.js";
import type { Signatures } from "./signatures.js";
import type { Start } from "./start.js";
import { StateTopic } from "./state-topic.js";
import type { Submissions } from "./submissions.js";
import type { ShardPlace } from "./topology-records.js";
import type { Report } from "./violations.js";

/** A record of a shard's log. */
export interface LogRecord {
  readonly offset: number;
  readonly timeMs: number;
  readonly value: Buffer | null;
}

/** What the parts of a shard's audit share. */
export interface ShardContext {
  readonly network: ModelNetwork;
  readonly shard: ShardPlace;
  readonly signatures: Signatures;
  readonly report: Report;
  /** Validators of whom nothing is expected. */
  readonly dishonest: ReadonlySet<number>;
  /** The log ended a block; in height order. */
  onClosed(block: Block): void;
  /** A block was certified; in height order. */
  onCertified(block: Block): void;
  /** Whether the log of another shard took in what a receipt is of. */
  isTakenElsewhere(receipt: ReceiptResult, shard: number): boolean;
  /** Headers that logs gave. */
  readonly known: KnownHeader;
}

/** One shard: its log carried out, and everything that the stages write about it held against that. */
export class ShardAudit {
  readonly blocks: Block[] = [];
  readonly log: LogRecord[] = [];
  /** Undefined until its parents have ended. */
  chain: Chain | undefined;
  readonly outputs: Outputs;
  readonly finality: Finality;
  readonly state: StateTopic;
  readonly checkpoints: Checkpoints;
  /** Records of the log that wait for an intent, or for the chain to begin. */
  private queue: LogRecord[] = [];
  private readonly waiters = new Map<number, ((block: Block) => void)[]>();

  constructor(
    readonly context: ShardContext,
    private readonly submissions: Submissions,
  ) {
    this.finality = new Finality(context, this);
    this.outputs = new Outputs(context, this);
    this.state = new StateTopic(context, this);
    this.checkpoints = new Checkpoints(context, this);
  }

  begin(start: Start): void {
    const { network, shard, signatures, known } = this.context;
    this.chain = new Chain(network, shard, signatures, known, start);
    this.pump();
  }

  get known(): KnownHeader {
    return this.context.known;
  }

  /** Calls back with the block of a height as soon as the log has ended it. */
  whenClosed(height: number, then: (block: Block) => void): void {
    const block = this.blocks[height - 1];
    if (block) {
      then(block);
      return;
    }
    const list = this.waiters.get(height);
    if (list) list.push(then);
    else this.waiters.set(height, [then]);
  }

  /** Heights that records named and that the log doesn't have. */
  get unknownHeights(): number[] {
    return [...this.waiters.keys()];
  }

  /** Takes a record of the log. */
  append(record: LogRecord): void {
    this.log.push(record);
    if (this.queue.length > 0 || !this.take(record)) this.queue.push(record);
  }

  /** Goes on with the log as far as intents allow. */
  pump(): void {
    if (this.queue.length === 0) return;
    let taken = 0;
    for (const record of this.queue) {
      if (!this.take(record)) break;
      taken++;
    }
    this.queue = this.queue.slice(taken);
  }

  private take({ value, timeMs }: LogRecord): boolean {
    const { chain } = this;
    if (!chain) return false;
    if (value === null || value.length < WIRE_HEADER_BYTES) return true;
    const bytes = value.subarray(WIRE_HEADER_BYTES);
    const entry = avro.LogEntry.decode(bytes)?.entry;
    if (!entry) return true;
    if (entry.is === "UserTransaction" && chain.mayCount(entry.value)) {
      if (this.submissions.mustWait(entry.value)) return false;
    }
    const block = chain.append(entry, bytes, timeMs, (user) => this.submissions.termsOf(user));
    if (!block) return true;
    this.blocks.push(block);
    const { height } = block.header;
    const waiters = this.waiters.get(height);
    this.waiters.delete(height);
    for (const then of waiters ?? []) then(block);
    this.context.onClosed(block);
    return true;
  }
}
