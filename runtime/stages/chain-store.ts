import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import {
  CERTIFICATES_KEY,
  DIGEST_RANGE,
  decodeOffset,
  decodePosition,
  encodePosition,
  encodeStateValue,
  heightOfDigestKey,
  OWNER_KEY,
  POSITION_KEY,
  stateStoreKey,
} from "../../processors/chain/store-layout.js";
import type { Environment } from "../driver/environment.js";
import { type Store, StoreCorrupt } from "../store/level-store.js";
import { StoredState } from "../store/stored-state.js";

/** Hex digits of the genesis hash in a store's path: a new chain never meets an old one's store. */
const GENESIS_DIGITS = 12;

/** A shard of the network by partition number. Throws RangeError where no shard lives there. */
export function shardOfPartition({ network }: Environment, partition: number): number {
  const shard = network.topology.ofPartition(partition);
  if (!shard) throw new RangeError(`no shard lives in partition ${partition}`);
  return shard.shard;
}

/** A party's view of the network: its tasks share which votes it has verified, and nobody else's do. */
export function ownMemory(): (environment: Environment) => Environment {
  let own: Environment | undefined;
  return (environment) => {
    const { network } = environment;
    own ??= { ...environment, network: { ...network, consensus: withMemory(network.consensus) } };
    return own;
  };
}

/**
 * Opens the local store of a task that executes a shard. A missing, foreign or damaged one starts from the genesis and is
 * rebuilt by executing the log again.
 */
export async function openChain(
  environment: Environment,
  group: string,
  partition: number,
  wipe: boolean,
): Promise<{ options: ChainOptions; store: Store; state: StoredState }> {
  const { network } = environment;
  const shard = shardOfPartition(environment, partition);
  const chainId = network.hash.toString("hex").slice(0, GENESIS_DIGITS);
  const name = `${chainId}/${group}-${partition}`;
  let store = await environment.openStore(name, wipe);
  let position: ChainPosition | undefined;
  try {
    // A copy of another task's store would lead to blocks, and votes, of another shard.
    if (store.get(OWNER_KEY)?.toString() === name) position = decodePosition(store.get(POSITION_KEY));
  } catch (error) {
    if (!(error instanceof StoreCorrupt)) throw error;
  }
  if (!position) {
    position = startOfChain(network.hash);
    await store.close();
    store = await environment.openStore(name, true);
    const zero = network.hash;
    const initial = initialState(network, shard);
    await store.write([
      [OWNER_KEY, Buffer.from(name)],
      ...Array.from(
        initial,
        ([key, value]) => [stateStoreKey(key), encodeStateValue(0, zero, value)] as const,
      ),
      [POSITION_KEY, encodePosition(position)],
    ]);
  }
  const state = new StoredState(store);
  if (position.height === 0) state.seed(initialState(network, shard));
  const uncertified = new Map<number, Buffer>();
  for await (const [key, digest] of store.range(DIGEST_RANGE.gte, DIGEST_RANGE.lt)) {
    uncertified.set(heightOfDigestKey(key), digest);
  }
  const certificatesOffset = decodeOffset(store.get(CERTIFICATES_KEY)) ?? 0;
  return { options: { network, shard, state, position, uncertified, certificatesOffset }, store, state };
}
