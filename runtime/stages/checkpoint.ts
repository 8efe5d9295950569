import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { initialValues, type Network } from "../../ledger/genesis/genesis.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import type { LeafChange } from "../../ledger/state-tree/changes.js";
import type { StateTree } from "../../ledger/state-tree/state-tree.js";
import type { KnownShard } from "../../ledger/topology.js";
import { CheckpointTask } from "../../processors/checkpoint/checkpoint.js";
import {
  type CheckpointPlace,
  GENESIS_PLACE,
  leafRange,
  leavesBatch,
  OWNER_KEY,
  readPlace,
  storedLeaf,
} from "../../processors/checkpoint/store-layout.js";
import type { Environment, StageDefinition } from "../driver/environment.js";
import { type Store, StoreCorrupt } from "../store/level-store.js";
import { buildTree } from "./build-tree.js";
import { EndedTrees } from "./ended-trees.js";
import { ForeignRemoval } from "./foreign-values.js";
import type { GenesisTrees } from "./genesis-trees.js";
import { inChunks } from "./in-chunks.js";
import { inheritedLeaves } from "./inherited-tree.js";
import { lastCheckpoint } from "./last-checkpoint.js";
import { type RestoredState, restoredState } from "./restore.js";
import { closedOnFailure, shardOfPartition, storePath } from "./store-name.js";

/** Nothing waits for a root, and a fetch costs the broker as much as a validator's, in milliseconds. */
const FETCH_PACE_MS = 500;
/** Leaves are written every ten seconds or less often, so larger buffers would only fill for half an hour. */
const WRITE_BUFFER_BYTES = 512 * 1024;
/** Values of the genesis that are encoded at once. */
const INITIAL_VALUES_AT_ONCE = 1_000;

/**
 * A validator's part in checkpoints: its own group and stores.
 * @param genesis trees of it, shared by the validators of one process
 */
export function checkpointStage(validator: number, keyPair: KeyPair, genesis: GenesisTrees): StageDefinition {
  const group = `checkpoint-${validator}`;
  const ended = new EndedTrees();
  return {
    name: "checkpoint",
    group,
    inputs: ["shard.changes", "shard.finalized", "shard.checkpoints"],
    isByShard: true,
    fetchPaceMsMin: FETCH_PACE_MS,
    async open(partition, environment, wipe) {
      const { network, clock } = environment;
      const shard = shardOfPartition(environment, partition);
      const place = network.topology.shard(shard);
      const certifiedHeight = await lastCheckpoint(environment, partition);
      const { store, ...found } = await openTree(environment, group, place, wipe, { genesis, ended });
      return closedOnFailure(store, async () => {
        const removal = new ForeignRemoval(store, clock, leafRange(""), leafRange(place.prefix));
        const task = new CheckpointTask({ network, shard, validator, keyPair, certifiedHeight, ...found });
        const end = async () => {
          ended.keep(shard, found.tree);
          await removal.stop();
          await store.close();
        };
        return { task, store, end };
      });
    },
  };
}

interface TreeAtPlace {
  readonly place: CheckpointPlace;
  readonly tree: StateTree;
}

/** Trees that are in memory already. */
interface KnownTrees {
  readonly genesis: GenesisTrees;
  readonly ended: EndedTrees;
}

/** Opens a shard's tree with its local store. A missing, foreign or damaged store is made anew from what came before it. */
async function openTree(
  environment: Environment,
  group: string,
  place: KnownShard,
  wipe: boolean,
  trees: KnownTrees,
): Promise<TreeAtPlace & { readonly store: Store }> {
  const { shard, partition } = place;
  const open = (path: string, forget: boolean) => environment.openStore(path, forget, WRITE_BUFFER_BYTES);
  const path = storePath(environment, group, partition);
  const found = await open(path, wipe);
  const saved = await closedOnFailure(found, () => readTree(found, path, place, environment));
  if (saved) return { store: found, ...saved };
  await found.close();
  if (place.parents.length > 0) {
    const begun = await inheritedLeaves(environment, group, place, wipe, open);
    const { store } = begun;
    const built = () => closedOnFailure(store, () => inheritedTree(store, place, environment));
    return { ...begun, tree: trees.ended.take(place) ?? (await built()) };
  }
  const store = await open(path, true);
  return closedOnFailure(store, async () => {
    const restored = await restoredState(environment, shard, partition);
    const made = restored
      ? await restoredTree(store, path, restored)
      : await genesisTree(store, path, shard, environment, trees.genesis);
    return { store, ...made };
  });
}

/** undefined: the store is new, damaged or another task's. */
async function readTree(
  store: Store,
  name: string,
  { shard, prefix }: KnownShard,
  { clock, log }: Environment,
): Promise<TreeAtPlace | undefined> {
  try {
    const place = readPlace(store);
    if (!place || store.get(OWNER_KEY)?.toString() !== name) return undefined;
    const tree = await buildTree(prefix, leavesOf(store, prefix), clock, (leaves) =>
      log.info({ shard, leaves, height: place.height }, "state tree from the local store"),
    );
    return { place, tree };
  } catch (error) {
    if (error instanceof StoreCorrupt) return undefined;
    throw error;
  }
}

async function* leavesOf(store: Store, prefix: string): AsyncGenerator<LeafChange> {
  const { from, below } = leafRange(prefix);
  for await (const [key, value] of store.range(from, below)) yield storedLeaf(key, value);
}

async function genesisTree(
  store: Store,
  name: string,
  shard: number,
  { network, clock, log }: Environment,
  trees: GenesisTrees,
): Promise<TreeAtPlace> {
  const { prefix } = network.topology.shard(shard);
  for (const leaves of inChunks(genesisLeaves(network, shard), INITIAL_VALUES_AT_ONCE))
    await store.write(leavesBatch(leaves));
  // From the store, where they are in order: a chunk is a part of the tree, and nearly nothing is hashed twice.
  const build = () =>
    buildTree(prefix, leavesOf(store, prefix), clock, (leaves) =>
      log.info({ shard, leaves }, "state tree from the genesis"),
    );
  const tree = await trees.tree(shard, build);
  await store.write([[OWNER_KEY, Buffer.from(name)], ...leavesBatch([], GENESIS_PLACE)]);
  return { place: GENESIS_PLACE, tree };
}

/** From the leaves: the parents have ended in other processes. */
async function inheritedTree(
  store: Store,
  { shard, prefix }: KnownShard,
  { clock, log }: Environment,
): Promise<StateTree> {
  return buildTree(prefix, leavesOf(store, prefix), clock, (leaves) =>
    log.info({ shard, leaves }, "state tree from what the parents left"),
  );
}

async function restoredTree(
  store: Store,
  name: string,
  { state, position, certificatesOffset, changesOffset }: RestoredState,
): Promise<TreeAtPlace> {
  const { height, time } = position;
  for (const values of inChunks(state.allValues, INITIAL_VALUES_AT_ONCE))
    await store.write(
      leavesBatch(values.map(([key, valueBytes]) => ({ key, valueBytes, isRemoval: false }))),
    );
  const place = {
    ...{ height, time, changesOffset, isLast: false },
    finalizedOffset: certificatesOffset,
  };
  await store.write([[OWNER_KEY, Buffer.from(name)], ...leavesBatch([], place)]);
  return { place, tree: state.stateTree };
}

function* genesisLeaves(network: Network, shard: number): Generator<LeafChange> {
  for (const values of inChunks(initialValues(network, shard), INITIAL_VALUES_AT_ONCE))
    yield* encodeChanges(new Map(values));
}
