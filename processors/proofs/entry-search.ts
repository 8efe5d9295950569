import type { ExecutedBlock, ExecutionRules } from "../../ledger/block/executed-block.js";
import type { LogRecord } from "../../ledger/block/log-record.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { shardKey, topologyKey } from "../../ledger/state/key.js";
import {
  MemoryState,
  mainChainValue,
  type OwnRecord,
  shardValue,
  topologyValue,
} from "../../ledger/state/state.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import type { BlockHeader, TopologyState } from "../../schemas/generated.js";
import { isAuthenticBySignature } from "../chain/authenticity.js";
import type { InputRecord } from "../stage.js";
import { type NoProof, noProof } from "./outcome.js";

/** The entries of a block. */
export interface BlockEntries {
  readonly ok: true;
  /** By ascending offset. */
  readonly entries: readonly LogRecord[];
  /** Offset in shard.log at which the next block begins. */
  readonly nextOffset: number;
}

/** Beginnings that are tried before the search gives up: a whole block of answers may have come at one time. */
const BEGINNINGS_MAX = 1_024;

/**
 * Finds which records of a shard's log are the entries of a certified block, without executing what came before.
 *
 * Whether a record counts depends on the shard's own record (marks, channels, how it ends, checkpoints), the shard tree and the
 * genesis, never on balances. So a ShardChain on a state that has nothing but these takes the same records as the real one, by
 * the same rules; what it makes of them otherwise is wrong and not looked at. The entries count once they hash to the certified root.
 */
export class EntrySearch {
  private readonly records: LogRecord[] = [];
  private beginning = 0;
  private beginnings = 0;
  private chain: ShardChain;
  /** Records taken in by the chain, and where they are among `records`. */
  private counted: LogRecord[] = [];
  private firstCounted = 0;
  private next = 0;
  /** Whether transactions are authentic, by offset: no signature is checked twice. */
  private readonly authentic = new Map<number, boolean>();
  private readonly network: Network;

  /**
   * @param before the shard's own record after the block before, or what it began with that took others' place; undefined
   *   before the first block of a shard of the genesis
   * @param tree of the main chain: the shard tree after the block before; undefined: the genesis'
   */
  constructor(
    network: Network,
    private readonly header: BlockHeader,
    private readonly before: OwnRecord | undefined,
    private readonly tree?: TopologyState,
  ) {
    this.network = { ...network, consensus: withMemory(network.consensus) };
    this.chain = this.begin();
  }

  /**
   * Takes the next records of the log. The first of all must be at or before the block's beginning: what belongs to
   * earlier blocks is below the marks and void.
   * @returns the entries once the block is closed; undefined: more records are needed.
   */
  take(records: readonly InputRecord[]): BlockEntries | NoProof | undefined {
    for (const record of records) {
      const logRecord = asLogRecord(record);
      if (logRecord) this.records.push(logRecord);
    }
    while (this.next < this.records.length) {
      const index = this.next++;
      const record = this.records[index]!;
      const { block, voided } = this.chain.append(record);
      if (voided) continue;
      if (!block || !isCut(block, this.counted.length)) this.count(record, index);
      if (!block) continue;
      if (block.header.entriesRoot.equals(this.header.entriesRoot))
        return { ok: true, entries: this.counted, nextOffset: record.offset + 1 };
      if (++this.beginnings >= BEGINNINGS_MAX) return this.notFound();
      // A bundle that came too early was void where it stood, but looks right with the marks of now; and answers, which have no
      // order, may be of the block before: begin behind it.
      this.beginning = this.firstCounted + 1;
      this.chain = this.begin();
    }
    return undefined;
  }

  /** What to say when the log ends before the block does. */
  notFound(): NoProof {
    const { shard, height } = this.header;
    return noProof(
      "ENTRIES_NOT_FOUND",
      `shard ${shard}, height ${height}: no records of the log hash to the certified root`,
    );
  }

  private count(record: LogRecord, index: number): void {
    if (this.counted.length === 0) this.firstCounted = index;
    this.counted.push(record);
  }

  private begin(): ShardChain {
    const { network, header, before, tree } = this;
    const state = new MemoryState();
    const { prefix } = network.topology.shard(header.shard);
    const isMain = header.shard === MAIN_CHAIN;
    if (before) state.values.set(shardKey(prefix), isMain ? mainChainValue(before) : shardValue(before));
    if (tree) state.values.set(topologyKey(), topologyValue(tree));
    const position = {
      height: header.height - 1,
      digest: header.parent,
      sequence: header.firstSequence - 1,
      time: 0,
      nextOffset: 0,
    };
    this.counted = [];
    this.next = this.beginning;
    const rules: ExecutionRules = {
      isAuthentic: (entry, decoded, record) => {
        const known = this.authentic.get(record.offset) ?? isAuthenticBySignature(entry, decoded, record);
        this.authentic.set(record.offset, known);
        return known;
      },
    };
    return new ShardChain(network, header.shard, state, position, rules, before);
  }
}

/** Whether the record that closed a block was no entry of it. */
function isCut({ header }: ExecutedBlock, counted: number): boolean {
  return header.lastSequence - header.firstSequence + 1 === counted;
}

/** A record as the chain reads it; undefined where it has no entry's bytes at all. */
function asLogRecord({ value, timeMs, offset }: InputRecord): LogRecord | undefined {
  if (value === null || value.length < WIRE_HEADER_BYTES) return undefined;
  return { bytes: value.subarray(WIRE_HEADER_BYTES), timeMs, offset };
}
