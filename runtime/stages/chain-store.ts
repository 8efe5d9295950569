import type { KnownShard } from "../../ledger/topology.js";
import { stateRange } from "../../processors/chain/store-layout.js";
import type { Environment, OpenTask } from "../driver/environment.js";
import { StoredState } from "../store/stored-state.js";
import { writeFirstState } from "./first-state.js";
import { ForeignRemoval } from "./foreign-values.js";
import { inheritedStore } from "./inherited-store.js";
import type { Party, PartyEnvironment } from "./party.js";
import { ChainStore, type OpenChain, readSaved, type Saved, savedBatch } from "./saved-chain.js";
import { endIn } from "./shard-end.js";
import { closedOnFailure, shardOfPartition, storePath } from "./store-name.js";

/**
 * Opens a task that executes a shard, with its local store.
 * @param makeTask makes the task on what the store says; where it fails the store is let go of
 */
export async function openChainTask(
  party: Party,
  environment: Environment,
  group: string,
  partition: number,
  wipe: boolean,
  makeTask: (chain: OpenChain) => Promise<OpenTask>,
): Promise<OpenTask> {
  const chain = await openChain(party.view(environment), group, partition, wipe);
  const { store, state, removal } = chain;
  return closedOnFailure(store, async () => ({
    ...(await makeTask(chain)),
    store,
    state,
    // While validators certify the last block; then it is to be cloned.
    ending: () => void store.settle().catch(() => undefined),
    async end() {
      await removal.stop();
      const { prefix, shard } = environment.network.topology.shard(chain.options.shard);
      const path = storePath(environment, group, partition);
      // Where it can't be read it is opened again, and forgotten then.
      const end = await endIn(store, path, prefix).catch(() => undefined);
      if (end) await party.ended.keep(shard, end, environment.clock);
      else await store.close();
    },
  }));
}

/**
 * Opens a shard's chain with its local store. A missing, foreign or damaged store starts from the genesis, or from the end of
 * the shards whose place it took, and is rebuilt by executing the log again. Throws NotReady where those have not ended.
 */
export async function openChain(
  environment: PartyEnvironment,
  group: string,
  partition: number,
  wipe: boolean,
): Promise<OpenChain> {
  const { network, planted, clock } = environment;
  const shard = shardOfPartition(environment, partition);
  const place = network.topology.shard(shard);
  const path = storePath(environment, group, partition);
  const found = await ChainStore.open(environment, path, wipe);
  const saved = await closedOnFailure(found, () => readSaved(found, path));
  if (!saved) await found.close();
  const made = saved ? { store: found, saved } : await newStore(environment, group, place, path, wipe);
  const { store } = made;
  const removal = await closedOnFailure(
    store,
    async () => new ForeignRemoval(store, clock, stateRange(""), stateRange(place.prefix)),
  );
  const state = new StoredState(store);
  const options = { network, shard, state, ...made.saved, ...(planted && { planted }) };
  return { store, state, options, removal };
}

async function newStore(
  environment: PartyEnvironment,
  group: string,
  place: KnownShard,
  path: string,
  wasWiped: boolean,
): Promise<{ readonly store: ChainStore; readonly saved: Saved }> {
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
): Promise<{ readonly store: ChainStore; readonly saved: Saved }> {
  const store = await ChainStore.open(environment, path, true);
  return closedOnFailure(store, async () => ({
    store,
    saved: await writeFirstState(environment, place, store),
  }));
}
