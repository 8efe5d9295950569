import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { codec } from "../../schemas/codec.js";
import type { TopicName } from "../../topics/catalogue.js";
import { isAuthenticBySignature } from "../chain/authenticity.js";
import { type ChainOptions, ChainReader } from "../chain/chain-reader.js";
import { type MacKey, macMatches } from "../mac.js";
import { BlockMeter } from "../meter/block-meter.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";
import { userTransactionBytes } from "../user-transaction.js";
import { recordsOf } from "./block-records.js";

export interface ExecuteOptions extends ChainOptions {
  readonly macKey: MacKey;
  /** Digest of the last record that this stage wrote for a height, where known: those are not written again. */
  readonly written: ReadonlyMap<number, Buffer>;
}

/** A cut that had no effect for this long is sent again, in milliseconds. */
const CUT_REPEAT_MS = 1_000;
/** Records that are older when they are read have waited for processor time, in milliseconds. */
const BEHIND_MS = 100;
/** Of the interval, while nothing waits: there is time to spare for more and smaller blocks. */
const EAGER_SHARE = 0.5;

/**
 * Third stage: applies each block of its shard's log and writes header, receipts, changes and messages. Ends a block with a
 * cut at the next multiple of `blockIntervalMs`, or of half of it while the log is read as it comes. Trusts validate's MAC
 * for speed; validators check it all again.
 */
export class ExecuteTask implements StageTask {
  readonly meter = new BlockMeter();
  private readonly reader: ChainReader;
  private readonly partition: number;
  /** The open block whose cut is due, and when. */
  private cutDue: { height: number; atMs: number } | undefined;
  /** The log comes faster than it is read. */
  private isBehind = false;
  /** After a MAC that isn't validate's, signatures are checked until a block above this height is final. */
  private distrustUntilFinal = -1;
  /**
   * Highest height that was written before this task opened. Up to there it executes again, perhaps because a certificate
   * contradicted what a MAC had vouched for: so it checks signatures.
   */
  private readonly writtenHeight: number;

  constructor(private readonly options: ExecuteOptions) {
    let writtenHeight = 0;
    for (const height of options.written.keys()) writtenHeight = Math.max(writtenHeight, height);
    this.writtenHeight = writtenHeight;
    this.partition = options.network.topology.shard(options.shard).partition;
    this.reader = new ChainReader(options, {
      isAuthentic: (entry, decoded, record) => {
        const { height } = this.reader.chain.position;
        if (height >= this.writtenHeight && this.reader.certifiedHeight > this.distrustUntilFinal) {
          if (macMatches(userTransactionBytes(record.bytes), options.macKey)) return true;
          this.distrustUntilFinal = height;
        }
        return isAuthenticBySignature(entry, decoded, record);
      },
    });
  }

  get startAt(): ReadonlyMap<TopicName, number> {
    return this.reader.startAt;
  }

  get hasEnded(): boolean {
    return this.reader.chain.hasEnded;
  }

  get isDone(): boolean {
    return this.reader.isDone;
  }

  /** Of the last closed block. */
  get height(): number {
    return this.reader.chain.position.height;
  }

  step(records: readonly InputRecord[], nowMs: number): StepResult {
    if (records[0]!.topic === "shard.log") {
      this.isBehind = nowMs - records.at(-1)!.timeMs > BEHIND_MS;
      return this.result(this.reader.readLog(records), nowMs);
    }
    const { blocks, alerts } = this.reader.readCertificates(records);
    this.meter.certified(this.reader.certifiedHeight, records.at(-1)!.timeMs);
    return this.result(blocks, nowMs, alerts, new Map([["shard.finalized", records.at(-1)!.offset + 1]]));
  }

  timer(nowMs: number): StepResult {
    return this.result([], nowMs);
  }

  private result(
    blocks: readonly ExecutedBlock[],
    nowMs: number,
    alerts: readonly Alert[] = [],
    resumeAt: Map<TopicName, number> = new Map(),
  ): StepResult {
    const records: OutputRecord[] = [];
    for (const block of blocks) {
      // What is executed again, after a start, is no load.
      if (block.header.height > this.reader.certifiedHeight) this.meter.closed(block);
      const before = this.options.written.get(block.header.height);
      if (!before?.equals(block.digest)) records.push(...recordsOf(block, this.partition));
      resumeAt.set("shard.log", block.position.nextOffset);
    }
    const cut = this.cut(nowMs);
    if (cut) records.push(cut);
    return {
      records,
      store: this.reader.storeOf(blocks),
      storedChanges: blocks.map(({ changes }) => changes),
      alerts,
      resumeAt,
      pause: this.reader.pause,
      ...(this.cutDue && { wakeAtMs: this.cutDue.atMs }),
    };
  }

  /** The cut that is due now, if one is; and notes when the next will be. */
  private cut(nowMs: number): OutputRecord | undefined {
    const open = this.reader.chain.openBlock;
    if (!open) {
      this.cutDue = undefined;
      return undefined;
    }
    const { height, sinceMs } = open;
    if (this.cutDue?.height !== height) {
      this.cutDue = { height, atMs: this.cutTime(sinceMs, nowMs) };
    }
    if (nowMs < this.cutDue.atMs) return undefined;
    this.cutDue.atMs = nowMs + CUT_REPEAT_MS;
    return {
      topic: "shard.log",
      partition: this.partition,
      key: null,
      value: codec("LogEntry").encode({ entry: { "rustorium.Cut": { height } } }),
    };
  }

  /**
   * At whole intervals of the clock, so that blocks of several shards end together, and what they lead to travels together.
   * @param sinceMs when the broker had the block's first entry
   */
  private cutTime(sinceMs: number, nowMs: number): number {
    const { blockIntervalMs } = this.options.network.genesis.parameters;
    const intervalMs = this.isBehind ? blockIntervalMs : EAGER_SHARE * blockIntervalMs;
    // Of an old log the block's own cut may be the next record: it gets time to be read.
    const isOld = nowMs - sinceMs > intervalMs / 2;
    const fromMs = isOld ? nowMs + intervalMs / 2 : Math.min(sinceMs, nowMs);
    return Math.floor(fromMs / intervalMs) * intervalMs + intervalMs;
  }
}
