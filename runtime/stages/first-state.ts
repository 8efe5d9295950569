import { startOfChain } from "../../ledger/block/position.js";
import { initialValues, type Network } from "../../ledger/genesis/genesis.js";
import type { KnownShard } from "../../ledger/topology.js";
import { encodeStateValue, stateRecord, stateStoreKey } from "../../processors/chain/store-layout.js";
import type { Environment } from "../driver/environment.js";
import type { Store } from "../store/level-store.js";
import { inChunks } from "./in-chunks.js";
import { type RestoredState, restoredState } from "./restore.js";
import type { Saved } from "./saved-chain.js";

/** Values that are written to a new store at once. */
const VALUES_PER_BATCH = 5_000;

/** Fills a new store with the state before the first block, or at a certified checkpoint. */
export async function writeFirstState(
  environment: Environment,
  { shard, partition }: KnownShard,
  store: Store,
): Promise<Saved> {
  const { network } = environment;
  const restored = await restoredState(environment, shard, partition);
  if (restored) await writeRestored(store, restored);
  else await writeInitial(store, network, shard);
  const { position = startOfChain(network.hash), certificatesOffset = 0 } = restored ?? {};
  return { position, uncertified: new Map(), certificatesOffset };
}

async function writeRestored(store: Store, { state, position }: RestoredState): Promise<void> {
  const { height, digest } = position;
  for (const values of inChunks(state.allValues, VALUES_PER_BATCH))
    await store.write(
      values.map(([key, bytes]) => [stateStoreKey(key), stateRecord({ height, digest }, bytes)]),
    );
}

async function writeInitial(store: Store, network: Network, shard: number): Promise<void> {
  for (const values of inChunks(initialValues(network, shard), VALUES_PER_BATCH))
    await store.write(
      values.map(([key, value]) => [stateStoreKey(key), encodeStateValue(0, network.hash, value)]),
    );
}
