import { DEMONSTRATION_SENDERS } from "../../cli/start/accounts.js";
import { isUnderPrefix } from "../../ledger/resharding/prefix.js";
import { siblingPairs } from "../../ledger/resharding/siblings.js";
import { accountKey } from "../../ledger/state/key.js";
import type { KnownShard, Topology } from "../../ledger/topology.js";
import type { Chance } from "../../simulator/kernel/random.js";
import { pick } from "../schedule/random.js";
import type { Change } from "./change.js";

const SENDERS = DEMONSTRATION_SENDERS.map(({ id }) => accountKey(id));

/** All merges that are possible now: pairs of siblings, none of which is still beginning. */
export function possibleMerges({ live }: Topology): Change[] {
  const pairs = siblingPairs(live.filter(isSettled));
  return pairs.map(([left, right]) => ({ kind: "MERGE", shards: [left.shard, right.shard] }));
}

/** All splits that are possible now and leave senders of generated transfers in both halves: healing is seen by what they send. */
export function possibleSplits({ live }: Topology, shardsMax: number): Change[] {
  if (live.length >= shardsMax) return [];
  return live
    .filter((shard) => isSettled(shard) && hasSenders(`${shard.prefix}0`) && hasSenders(`${shard.prefix}1`))
    .map(({ shard }) => ({ kind: "SPLIT", shards: [shard] }));
}

function isSettled({ isBeginning }: KnownShard): boolean {
  return isBeginning !== true;
}

function hasSenders(prefix: string): boolean {
  return SENDERS.some((key) => isUnderPrefix(prefix, key));
}

/** A change at random, merges two times in five where both are possible; undefined: none is. */
export function chooseChange(topology: Topology, shardsMax: number, chance: Chance): Change | undefined {
  const [splits, merges] = [possibleSplits(topology, shardsMax), possibleMerges(topology)];
  const from = splits.length === 0 || (merges.length > 0 && chance(5) < 2) ? merges : splits;
  return from.length === 0 ? undefined : pick(from, chance);
}
