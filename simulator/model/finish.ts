import type { Cut } from "./cut.js";
import { valueBytes } from "./halves.js";
import { MAIN_CHAIN } from "./network.js";
import type { Notifications } from "./notifications.js";
import type { LogRecord, ShardAudit } from "./shard.js";
import { type Submissions, where } from "./submissions.js";
import type { TopologyTopic } from "./topology-topic.js";
import type { Report } from "./violations.js";

/** Once everything works again, what waited must end within this time, in milliseconds. */
export const SETTLED_WITHIN_MS = 10_000;

/** A local store as it was found at the end. */
export interface StoreContent {
  readonly group: string;
  readonly partition: number;
  /** Height of its position. */
  readonly height: number;
  /** Hex of each state key and of the Avro of its value, as StateChange.value is. */
  readonly state: ReadonlyMap<string, string>;
}

/** A log read again at the end, from its first record. */
export interface ColdLog {
  readonly partition: number;
  readonly records: readonly LogRecord[];
}

/** The network at the end, quiet and with everything up. */
export interface End {
  /** When the last disturbance was over, in milliseconds since 1970. */
  readonly healedAtMs: number;
  readonly stores: readonly StoreContent[];
  /** Validators that are gone for good: no votes are expected of them. */
  readonly absent?: readonly number[];
  /** Logs read again: each is carried out from an empty state. `seen`: the records that were shown before. */
  readonly cold?: "seen" | readonly ColdLog[];
}

/** What finish looks at. */
export interface Seen {
  readonly shards: readonly ShardAudit[];
  readonly submissions: Submissions;
  readonly notifications: Notifications;
  readonly cut: Cut;
  readonly dishonest: ReadonlySet<number>;
  readonly withCheckpoints: boolean;
  readonly topology: TopologyTopic;
  readonly report: Report;
}

/** Nothing is left to do. */
export function checkQuiet(
  { shards, cut, dishonest, withCheckpoints, topology, report }: Seen,
  { absent = [] }: End,
): void {
  for (const { chain, blocks, finality, outputs, state, context, unknownHeights } of shards) {
    const where = `shard ${context.shard.shard}`;
    if (!chain) report("lag-zero", `${where}: its parents have not ended`);
    if (chain?.isOpen) report("lag-zero", `${where}: a block is open`);
    if (unknownHeights.length > 0) report("same-state", `${where}: the log has no height ${unknownHeights}`);
    if (finality.certified < blocks.length) {
      report("lag-zero", `${where}: ${blocks.length} blocks, ${finality.certified} certified`);
      continue;
    }
    if (state.earlyRecords > 0) report("final-needs-certificate", `${where}: shard.state is ahead`);
    if (state.height < blocks.length) report("lag-zero", `${where}: shard.state has height ${state.height}`);
    for (const block of blocks) {
      const { height } = block.header;
      const missing = outputs.missing(block);
      if (missing.length > 0) report("lag-zero", `${where}, height ${height}: no ${missing.join(", ")}`);
      for (const validator of context.network.validators.keys()) {
        const isExpected = !dishonest.has(validator) && !absent.includes(validator);
        if (isExpected && !finality.signed.get(height)?.has(validator))
          report("lag-zero", `${where}, height ${height}: validator ${validator} has not voted`);
      }
    }
  }
  if (withCheckpoints) checkRoots(shards, report);
  topology.checkQuiet(report);
  for (const { place, phase } of mainOf(shards)?.chain?.tree?.value.shards ?? [])
    if (phase !== "ACTIVE") report("lag-zero", `shard ${place.shard} is still ${phase}`);
  if (cut.waitingBlocks > 0) report("lag-zero", `${cut.waitingBlocks} blocks took in what is not certified`);
}

function mainOf(shards: Seen["shards"]): ShardAudit | undefined {
  return shards.find(({ context }) => context.shard.shard === MAIN_CHAIN);
}

/** Each shard's last state is certified, and the main chain has the others' roots. */
function checkRoots(shards: Seen["shards"], report: Report): void {
  const { roots, tree } = mainOf(shards)?.chain ?? {};
  for (const { context, blocks, checkpoints } of shards) {
    const { shard } = context.shard;
    const { certified } = checkpoints;
    if (certified < blocks.length)
      report("lag-zero", `shard ${shard}: ${blocks.length} blocks, state certified at ${certified}`);
    const isOwner = tree?.owners.some((place) => place.shard === shard) === true;
    const carried = roots?.known.get(shard)?.height ?? 0;
    if (isOwner && carried < certified)
      report("lag-zero", `shard ${shard}: state certified at ${certified}, on the main chain at ${carried}`);
  }
}

/** Every record of `transactions` ended, those to other shards settled, and in time. */
export function checkEnds({ submissions, notifications, cut, report }: Seen, { healedAtMs }: End): void {
  for (const submission of submissions.all()) {
    const { timeMs, status, crossShardId, endedAtMs } = submission;
    if (timeMs === undefined) {
      report("ended-once", `${where(submission)} was acknowledged or spoken of, and is not there`);
      continue;
    }
    if (status === undefined || endedAtMs === undefined) {
      report("ended-once", `${where(submission)} has no status`);
      continue;
    }
    const settlement = crossShardId === undefined ? undefined : notifications.settled.get(crossShardId);
    if (crossShardId !== undefined && !settlement) {
      report("ended-once", `${where(submission)} was not told whether it is settled`);
      continue;
    }
    const doneAtMs = settlement?.atMs ?? endedAtMs;
    if (doneAtMs > Math.max(timeMs, healedAtMs) + SETTLED_WITHIN_MS)
      report("settled-in-time", `${where(submission)} took ${doneAtMs - Math.max(timeMs, healedAtMs)} ms`);
  }
  for (const [id, { settled, preparedAtMs, settledAtMs = 0 }] of cut.transfers) {
    const name = Buffer.from(id, "latin1").toString("hex");
    if (!settled) report("settled-once", `${name} is not settled`);
    const tookMs = settledAtMs - Math.max(preparedAtMs, healedAtMs);
    if (tookMs > SETTLED_WITHIN_MS) report("no-escrow-left", `${name} was in escrow for ${tookMs} ms`);
  }
}

/** Nothing is in escrow any more in a shard that there is. */
export function checkEscrows({ shards, report }: Seen): void {
  for (const { chain, context } of shards) {
    if (!chain || chain.end) continue;
    for (const value of chain.values.values())
      if (value.is === "EscrowState") report("no-escrow-left", `shard ${context.shard.shard} has one`);
  }
}

/** Every local store holds what the log says. */
export function checkStores({ shards, report }: Seen, { stores }: End): void {
  for (const shard of shards) {
    const { partition } = shard.context.shard;
    if (!shard.chain) continue;
    const { height, values } = shard.chain;
    const right = new Map<string, string>();
    for (const [key, value] of values) {
      right.set(Buffer.from(key, "latin1").toString("hex"), valueBytes(value).toString("hex"));
    }
    for (const store of stores) {
      if (store.partition !== partition) continue;
      const name = `store of ${store.group}, partition ${partition}`;
      if (store.height !== height) report("lag-zero", `${name}: height ${store.height}, not ${height}`);
      else if (!isSameMap(store.state, right)) report("store-equals-topics", name);
    }
  }
}

function isSameMap(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) if (right.get(key) !== value) return false;
  return true;
}
