import { Chain } from "./chain.js";
import type { End, Seen } from "./finish.js";
import { avro, WIRE_HEADER_BYTES } from "./schemas.js";
import type { LogRecord, ShardAudit } from "./shard.js";
import { endsOf } from "./shards.js";
import { type Start, startOfChange, startOfGenesis } from "./start.js";
import type { Submissions } from "./submissions.js";

/** The logs again from the beginning, one after the other: they must give the same blocks. */
export function checkCold({ shards, submissions, report }: Seen, { cold }: End): void {
  if (cold === undefined) return;
  const again = new Map<number, Chain>();
  for (const audit of shards) {
    const { shard, partition } = audit.context.shard;
    const log = cold === "seen" ? audit.log : cold.find((one) => one.partition === partition)?.records;
    const start = startOf(audit, again);
    const chain = start && carryOutAgain(audit, start, log ?? [], submissions);
    if (chain) again.set(shard, chain);
    else if (audit.blocks.length > 0 || start)
      report("prefix-final", `shard ${shard}: the log now gives other blocks than it did`);
  }
}

/** Parents come first, so theirs are there already. */
function startOf({ context }: ShardAudit, again: ReadonlyMap<number, Chain>): Start | undefined {
  const { network, shard } = context;
  if (shard.parents.length === 0) return startOfGenesis(network, shard);
  const parents = endsOf(shard, (parent) => again.get(parent)?.end);
  return parents && startOfChange(shard, parents);
}

/** Undefined where it gives other blocks. */
function carryOutAgain(
  { context, blocks }: ShardAudit,
  start: Start,
  log: readonly LogRecord[],
  submissions: Submissions,
): Chain | undefined {
  const { network, shard, signatures, known } = context;
  const chain = new Chain(network, shard, signatures, known, start);
  for (const { value, timeMs } of log) {
    if (value === null || value.length < WIRE_HEADER_BYTES) continue;
    const bytes = value.subarray(WIRE_HEADER_BYTES);
    const entry = avro.LogEntry.decode(bytes)?.entry;
    const block = entry && chain.append(entry, bytes, timeMs, (user) => submissions.termsOf(user));
    if (block && !blocks[block.header.height - 1]?.digest.equals(block.digest)) return undefined;
  }
  return chain.height === blocks.length ? chain : undefined;
}
