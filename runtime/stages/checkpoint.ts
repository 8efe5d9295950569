import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { initialValues, type Network } from "../../ledger/genesis/genesis.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import type { StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";
import type { LeafChange } from "../../ledger/state-tree/changes.js";
import type { StateTree } from "../../ledger/state-tree/state-tree.js";
import type { KnownShard } from "../../ledger/topology.js";
import { decodeStateValue, stateKeyOf, stateRange } from "../../processors/chain/store-layout.js";
import { CheckpointTask } from "../../processors/checkpoint/checkpoint.js";
import {
  type CheckpointPlace,
  GENESIS_PLACE,
  LEAF_RANGE,
  leafRange,
  leavesBatch,
  OWNER_KEY,
  readPlace,
  storedLeaf,
} from "../../processors/checkpoint/store-layout.js";
import type { Environment, StageDefinition } from "../driver/environment.js";
import { type Store, StoreCorrupt } from "../store/level-store.js";
import { buildTree } from "./build-tree.js";
import { closedOnFailure, shardOfPartition, storeName, withEndOf } from "./chain-store.js";
import type { GenesisTrees } from "./genesis-trees.js";
import { inChunks, inChunksOf } from "./in-chunks.js";
import { lastCheckpoint } from "./last-checkpoint.js";
import { type RestoredState, restoredState } from "./restore.js";

/** Nothing waits for a root, and a fetch costs the broker as much as a validator's, in milliseconds. */
const FETCH_PACE_MS = 500;
/** Leaves are written every ten seconds or less often, so larger buffers would only fill for half an hour. */
const WRITE_BUFFER_BYTES = 512 * 1024;
/** Values of the genesis that are encoded at once. */
const INITIAL_VALUES_AT_ONCE = 1_000;

/**
 * A validator's part in checkpoints: its own group and stores.
 * @param trees of the genesis, shared by the validators of one process
 */
export function checkpointStage(validator: number, keyPair: KeyPair, trees: GenesisTrees): StageDefinition {
  const group = `checkpoint-${validator}`;
  return {
    name: "checkpoint",
    group,
    inputs: ["shard.changes", "shard.finalized", "shard.checkpoints"],
    isByShard: true,
    inheritsStores: true,
    fetchPaceMsMin: FETCH_PACE_MS,
    async open(partition, environment, wipe) {
      const { network, openStore } = environment;
      const shard = shardOfPartition(environment, partition);
      const name = storeName(environment, group, partition);
      const certifiedHeight = await lastCheckpoint(environment, partition);
      const common = { network, shard, validator, keyPair, certifiedHeight };
      const found = await openStore(name, wipe, WRITE_BUFFER_BYTES);
      const saved = await closedOnFailure(found, () => readTree(found, name, shard, environment));
      if (saved) return { task: new CheckpointTask({ ...common, ...saved }), store: found };
      await found.close();
      const store = await openStore(name, true, WRITE_BUFFER_BYTES);
      const made = await closedOnFailure(store, async () => {
        const place = network.topology.shard(shard);
        if (place.parents.length > 0) return inheritedTree(store, name, group, place, environment);
        const restored = await restoredState(environment, shard, partition);
        return restored
          ? restoredTree(store, name, restored)
          : genesisTree(store, name, shard, environment, trees);
      });
      return { task: new CheckpointTask({ ...common, ...made }), store };
    },
  };
}

interface TreeAtPlace {
  readonly place: CheckpointPlace;
  readonly tree: StateTree;
}

/** undefined: the store is new, damaged or another task's. */
async function readTree(
  store: Store,
  name: string,
  shard: number,
  { network, clock, log }: Environment,
): Promise<TreeAtPlace | undefined> {
  try {
    const place = readPlace(store);
    if (!place || store.get(OWNER_KEY)?.toString() !== name) return undefined;
    const { prefix } = network.topology.shard(shard);
    const tree = await buildTree(prefix, leavesOf(store), clock, (leaves) =>
      log.info({ shard, leaves, height: place.height }, "state tree from the local store"),
    );
    return { place, tree };
  } catch (error) {
    if (error instanceof StoreCorrupt) return undefined;
    throw error;
  }
}

async function* leavesOf(store: Store): AsyncGenerator<LeafChange> {
  for await (const [key, value] of store.range(LEAF_RANGE.gte, LEAF_RANGE.lt)) yield storedLeaf(key, value);
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
    buildTree(prefix, leavesOf(store), clock, (leaves) =>
      log.info({ shard, leaves }, "state tree from the genesis"),
    );
  const tree = await trees.tree(shard, build);
  await store.write([[OWNER_KEY, Buffer.from(name)], ...leavesBatch([], GENESIS_PLACE)]);
  return { place: GENESIS_PLACE, tree };
}

/** What the parents left under the shard's prefix, from their trees' leaves where this stage has those, else executed. */
async function inheritedTree(
  store: Store,
  name: string,
  group: string,
  place: KnownShard,
  environment: Environment,
): Promise<TreeAtPlace> {
  const { network, clock, log } = environment;
  let timeMs = 0;
  for (const number of place.parents) {
    const parent = network.topology.shard(number);
    const own = await environment.openStore(
      storeName(environment, group, parent.partition),
      false,
      WRITE_BUFFER_BYTES,
    );
    try {
      const end = readPlace(own);
      if (end?.isLast) {
        const { from, below } = leafRange(place.prefix);
        for await (const leaves of own.parts(from, below)) await store.write(leaves);
        timeMs = Math.max(timeMs, end.time);
        continue;
      }
    } finally {
      await own.close();
    }
    timeMs = Math.max(timeMs, await executedLeaves(store, group, parent, place.prefix, environment));
  }
  const { shard, prefix } = place;
  const tree = await buildTree(prefix, leavesOf(store), clock, (leaves) =>
    log.info({ shard, leaves }, "state tree from what the parents left"),
  );
  const begin = { ...GENESIS_PLACE, time: timeMs };
  await store.write([[OWNER_KEY, Buffer.from(name)], ...leavesBatch([], begin)]);
  return { place: begin, tree };
}

/** Executes a parent to its end in a store beside; the time of its last block, in milliseconds since 1970. */
async function executedLeaves(
  store: Store,
  group: string,
  parent: KnownShard,
  prefix: string,
  environment: Environment,
): Promise<number> {
  return withEndOf(environment, group, parent, async (end) => {
    const { from, below } = stateRange(prefix);
    for await (const values of inChunksOf(end.store.range(from, below), INITIAL_VALUES_AT_ONCE))
      await store.write(leavesBatch(encodeChanges(new Map(values.map(storedValue)))));
    return end.position.time;
  });
}

function storedValue([key, bytes]: readonly [string, Buffer]): [StateKey, StateValue] {
  const value = decodeStateValue(bytes);
  if (!value) throw new StoreCorrupt(`no value of ${key}`);
  return [stateKeyOf(key), value];
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
