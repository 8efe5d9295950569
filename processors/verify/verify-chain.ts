import type { PlantedRules } from "../../ledger/block/executed-block.js";
import type { ConsensusModule } from "../../ledger/consensus/index.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import { Conservation } from "../../ledger/conservation.js";
import { type Network, totalAllocated } from "../../ledger/genesis/genesis.js";
import type { ChainReport, Difference, Refusal } from "./difference.js";
import { ShardReplay } from "./replay.js";
import { Senders } from "./senders.js";
import { FOLLOWED, type FollowedRange, type FollowedTopic, ShardVerifier } from "./shard-verifier.js";
import type { ChainSource, OffsetRange } from "./source.js";
import { genesisStart, type ShardStart } from "./start.js";
import { StateTable } from "./state-table.js";

export interface VerifyOptions {
  /** Where shards' replays begin; those that aren't named begin with the genesis. */
  readonly starts?: ReadonlyMap<number, ShardStart>;
  /** Called now and then with how many records of the logs were executed, of how many. */
  readonly progress?: (done: number, total: number) => void;
  readonly planted?: PlantedRules;
}

/**
 * Executes every shard's log from its start and compares all that the topics say with what comes of it, up to the first
 * difference. The logs are read to the ends that they have at the beginning, the shards together by the log's time, so that
 * what is under way between them is all that has to be remembered of it.
 */
export async function verifyChain(
  network: Network,
  source: ChainSource,
  options: VerifyOptions = {},
): Promise<ChainReport | Refusal> {
  const count = { signatures: 0 };
  const counted: Network = { ...network, consensus: counting(network.consensus, count) };
  const tables = await readTables(counted, source);
  const explained = await rangesOf(network, source);
  const logs = await rangesOf(network, source);
  const starts = new Map(
    network.topology.shards.map(({ shard }) => [
      shard,
      options.starts?.get(shard) ?? genesisStart(network, shard),
    ]),
  );
  for (const [shard, { low }] of logs)
    if (low > starts.get(shard)!.position.nextOffset) return { code: "LOG_TRIMMED", shard, firstOffset: low };
  const senders = new Senders();
  const conservation = new Conservation([...starts.values()].every(({ position }) => position.height === 0));
  const verifiers: ShardVerifier[] = [];
  let total = 0;
  for (const { shard, partition } of network.topology.shards) {
    const start = starts.get(shard)!;
    const log = { low: start.position.nextOffset, high: logs.get(shard)!.high };
    total += Math.max(0, log.high - log.low);
    const replay = new ShardReplay({
      network: counted,
      shard,
      start,
      senders,
      records: source.read("shard.log", partition, log),
      explainedEnd: explained.get(shard)!.high,
      onSignature: () => count.signatures++,
      ...(options.planted && { planted: options.planted }),
    });
    const ranges = await followedRanges(source, partition, start.position.height);
    const table = tables.get(shard)!;
    verifiers.push(
      new ShardVerifier({
        ...{ network: counted, shard, start, source, replay, senders, ranges, table, conservation },
      }),
    );
  }
  const difference = await run(verifiers, (done) => options.progress?.(done, total));
  const expected = totalAllocated(network);
  const held = difference
    ? undefined
    : conservation.total(verifiers.map(({ replay }) => replay.state.values));
  return {
    shards: verifiers.map(({ figures }) => figures),
    value: { expected, found: held?.least === held?.most ? (held?.most ?? null) : null },
    checkedSignatures: count.signatures,
    firstDifference: difference ?? (held && notConserved(expected, held)) ?? null,
  };
}

async function run(
  verifiers: readonly ShardVerifier[],
  progress: (done: number) => void,
): Promise<Difference | undefined> {
  for (const verifier of verifiers) {
    const difference = verifier.start();
    if (difference) return difference;
  }
  const open = new Set(verifiers);
  while (open.size > 0) {
    const free = [...open].filter(({ replay }) => !replay.isWaiting);
    // All wait: what they wait for is void, was never sent, or came after the other logs' ends.
    const isStuck = free.length === 0;
    const next = earliest(isStuck ? [...open] : free);
    const turn = await next.replay.turn(isStuck);
    if (turn.kind === "difference") return turn.difference;
    if (turn.kind === "end") open.delete(next);
    if (turn.kind === "block") {
      const difference = await next.block(turn.block);
      if (difference) return difference;
    }
    progress(verifiers.reduce((sum, { replay }) => sum + replay.recordsTaken, 0));
  }
  for (const verifier of verifiers) {
    const difference = await verifier.finish();
    if (difference) return difference;
  }
  return undefined;
}

function earliest(verifiers: readonly ShardVerifier[]): ShardVerifier {
  return verifiers.reduce((first, other) => (other.replay.timeMs < first.replay.timeMs ? other : first));
}

function notConserved(
  expected: bigint,
  { least, most }: { least: bigint; most: bigint },
): Difference | undefined {
  if (least <= expected && expected <= most) return undefined;
  const message = `balances, fees and escrow of all shards are ${most}, the genesis gave ${expected}`;
  return { code: "VALUE_NOT_CONSERVED", shard: null, height: null, message };
}

async function readTables(network: Network, source: ChainSource): Promise<Map<number, StateTable>> {
  const tables = new Map<number, StateTable>();
  for (const { shard, partition } of network.topology.shards) {
    const table = new StateTable(network, shard);
    const range = await source.range("shard.state", partition);
    for await (const records of source.read("shard.state", partition, range))
      for (const record of records) table.take(record);
    tables.set(shard, table);
  }
  return tables;
}

async function rangesOf(network: Network, source: ChainSource): Promise<Map<number, OffsetRange>> {
  const ranges = new Map<number, OffsetRange>();
  for (const { shard, partition } of network.topology.shards)
    ranges.set(shard, await source.range("shard.log", partition));
  return ranges;
}

/**
 * Ranges of the topics beside the log, taken after the log's end, so that they have what can be there by then.
 * @param start height after which the replay begins
 */
async function followedRanges(
  source: ChainSource,
  partition: number,
  start: number,
): Promise<Record<FollowedTopic, FollowedRange>> {
  const entries: [FollowedTopic, FollowedRange][] = [];
  for (const topic of FOLLOWED) {
    const range = await source.range(topic, partition);
    const low = start === 0 ? range.low : await source.offsetAbove(topic, partition, start);
    // Where the topic has something of the heights before, it has all that comes after.
    const isTrimmed = range.low > 0 && low <= range.low;
    entries.push([topic, { low: Math.max(low, range.low), high: range.high, isTrimmed }]);
  }
  return Object.fromEntries(entries) as Record<FollowedTopic, FollowedRange>;
}

/** Verifies no signature twice, and counts those that it verifies. */
function counting(consensus: ConsensusModule, count: { signatures: number }): ConsensusModule {
  return withMemory({
    ...consensus,
    verifyVote(validator, digest, signature) {
      count.signatures++;
      return consensus.verifyVote(validator, digest, signature);
    },
  });
}
