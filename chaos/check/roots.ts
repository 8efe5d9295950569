import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { type StateKey, shardRootKey } from "../../ledger/state/key.js";
import { asShardRoot, type StateValue } from "../../ledger/state/state.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { pause } from "../../runtime/embedded/time.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { checkpointsOf } from "../../runtime/proofs/checkpoints.js";
import { readState } from "../../runtime/session/audit.js";
import type { Checkpoint } from "../../schemas/generated.js";
import { within } from "../wait.js";

/** A quiet shard's last state is certified after an interval of checkpoints, the main chain's after another; in milliseconds. */
const LEVEL_BOUND_MS = 120_000;
const LOOK_EVERY_MS = 1_000;

/** What is certified of a quiet network's states. */
export interface CertifiedRoots {
  /** By shard. */
  readonly checkpoints: ReadonlyMap<number, Checkpoint>;
  /** What has not been certified in time, a sentence each. */
  readonly wrong: readonly string[];
}

/**
 * Waits until each shard's last state is certified and the main chain has the others' roots: from then on nothing happens any
 * more in a quiet network.
 */
export async function untilCertified(environment: OpenEnvironment): Promise<CertifiedRoots> {
  let found = await look(environment);
  await within(LEVEL_BOUND_MS, async () => {
    if (found.wrong.length === 0) return true;
    await pause(LOOK_EVERY_MS);
    found = await look(environment);
    return found.wrong.length === 0;
  });
  return found;
}

async function look({ network, reader, history }: OpenEnvironment): Promise<CertifiedRoots> {
  if (!history) throw new Error("the network's topics can't be read back");
  const source = checkpointsOf(network, history);
  const checkpoints = new Map<number, Checkpoint>();
  const wrong: string[] = [];
  const tables = new Map<number, { height: number; values: ReadonlyMap<StateKey, StateValue> }>();
  for (const { shard } of network.topology.shards) tables.set(shard, await readState(network, reader, shard));
  for (const { shard, prefix, ended } of network.topology.shards) {
    const checkpoint = (await source.newest(shard))?.checkpoint;
    if (checkpoint) checkpoints.set(shard, checkpoint);
    const certified = checkpoint?.height ?? 0;
    const { height } = tables.get(shard)!;
    if (certified !== height)
      wrong.push(`shard ${shard} is at height ${height}, its state certified at ${certified}`);
    // Of shards that have ended the main chain has those that took their place.
    if (shard === MAIN_CHAIN || ended !== undefined) continue;
    const carried = asShardRoot(tables.get(MAIN_CHAIN)!.values.get(shardRootKey(prefix, shard)))?.height ?? 0;
    if (carried !== certified)
      wrong.push(`shard ${shard}'s state is certified at ${certified}, the main chain has it at ${carried}`);
  }
  return { checkpoints, wrong };
}

/** Root of a shard's state, made at once. */
export function rootOf(prefix: string, values: ReadonlyMap<StateKey, StateValue>): Buffer {
  const tree = new StateTree(prefix);
  tree.apply(encodeChanges(values));
  return tree.root;
}
