import type { ConsensusModule } from "../../ledger/consensus/index.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import type { KnownShard } from "../../ledger/topology.js";
import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import { stateRange } from "../../processors/chain/store-layout.js";
import type { StageTask } from "../../processors/stage.js";
import type { Environment, OpenTask } from "../driver/environment.js";
import type { Store } from "../store/level-store.js";
import { StoredState } from "../store/stored-state.js";
import { writeFirstState } from "./first-state.js";
import { removeForeignLater } from "./foreign-values.js";
import { inheritedStore } from "./inherited-store.js";
import { type OpenChain, openChainStore, readSaved, type Saved, savedBatch } from "./saved-chain.js";
import { closedOnFailure, shardOfPartition, storePath } from "./store-name.js";

/** A party's view of the network: its tasks share which votes it has verified, and nobody else's do. */
export function ownMemory(): (environment: Environment) => Environment {
  let consensus: ConsensusModule | undefined;
  return (environment) => {
    const { network } = environment;
    consensus ??= withMemory(network.consensus);
    return { ...environment, network: { ...network, consensus } };
  };
}

/**
 * Opens a task that executes a shard, with its local store.
 * @param makeTask makes the task on what the store says; where it fails the store is let go of
 */
export async function openChainTask(
  environment: Environment,
  group: string,
  partition: number,
  wipe: boolean,
  makeTask: (options: ChainOptions) => Promise<StageTask>,
): Promise<OpenTask> {
  const { store, state, options } = await openChain(environment, group, partition, wipe);
  return closedOnFailure(store, async () => ({ task: await makeTask(options), store, state }));
}

/**
 * Opens a shard's chain with its local store. A missing, foreign or damaged store starts from the genesis, or from the end of
 * the shards whose place it took, and is rebuilt by executing the log again. Throws NotReady where those have not ended.
 */
export async function openChain(
  environment: Environment,
  group: string,
  partition: number,
  wipe: boolean,
): Promise<OpenChain> {
  const { network, planted, clock } = environment;
  const shard = shardOfPartition(environment, partition);
  const place = network.topology.shard(shard);
  const path = storePath(environment, group, partition);
  const found = await openChainStore(environment, path, wipe);
  const saved = await closedOnFailure(found, () => readSaved(found, path));
  if (!saved) await found.close();
  const made = saved ? { store: found, saved } : await newStore(environment, group, place, path, wipe);
  const { store } = made;
  await closedOnFailure(store, async () =>
    removeForeignLater(store, clock, stateRange(""), stateRange(place.prefix)),
  );
  const state = new StoredState(store);
  const options = { network, shard, state, ...made.saved, ...(planted && { planted }) };
  return { store, state, options };
}

async function newStore(
  environment: Environment,
  group: string,
  place: KnownShard,
  path: string,
  wasWiped: boolean,
): Promise<{ readonly store: Store; readonly saved: Saved }> {
  const made =
    place.parents.length > 0
      ? await inheritedStore(environment, group, place, wasWiped, openChain)
      : await firstStore(environment, place, path);
  await closedOnFailure(made.store, () => made.store.write(savedBatch(path, made.saved)));
  return made;
}

async function firstStore(
  environment: Environment,
  place: KnownShard,
  path: string,
): Promise<{ readonly store: Store; readonly saved: Saved }> {
  const store = await openChainStore(environment, path, true);
  return closedOnFailure(store, async () => ({
    store,
    saved: await writeFirstState(environment, place, store),
  }));
}
