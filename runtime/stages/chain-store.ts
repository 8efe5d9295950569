import { join } from "node:path";
import { startOfChain } from "../../ledger/block/position.js";
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
  POSITION_KEY,
  stateStoreKey,
} from "../../processors/chain/store-layout.js";
import type { Environment } from "../driver/environment.js";
import { LevelStore, type Store } from "../store/level-store.js";
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
 * Opens the local store of a task that executes a shard. A missing, foreign or unreadable one starts from the genesis and
 * is rebuilt by executing the log again.
 */
export async function openChain(
  environment: Environment,
  group: string,
  partition: number,
  wipe: boolean,
): Promise<{ options: ChainOptions; store: Store; state: StoredState }> {
  const { network, storesDirectory } = environment;
  const shard = shardOfPartition(environment, partition);
  const chainId = network.hash.toString("hex").slice(0, GENESIS_DIGITS);
  const store = await LevelStore.open(join(storesDirectory, chainId, `${group}-${partition}`));
  const state = new StoredState(store);
  const saved = wipe ? undefined : store.get(POSITION_KEY);
  let position = saved && decodePosition(saved);
  if (!position) {
    position = startOfChain(network.hash);
    await store.clear();
    const zero = network.hash;
    const initial = initialState(network, shard);
    state.seed(initial);
    await store.write([
      ...Array.from(
        initial,
        ([key, value]) => [stateStoreKey(key), encodeStateValue(0, zero, value)] as const,
      ),
      [POSITION_KEY, encodePosition(position)],
    ]);
  }
  const uncertified = new Map<number, Buffer>();
  for await (const [key, digest] of store.range(DIGEST_RANGE.gte, DIGEST_RANGE.lt)) {
    uncertified.set(heightOfDigestKey(key), digest);
  }
  const certificates = store.get(CERTIFICATES_KEY);
  const certificatesOffset = (certificates && decodeOffset(certificates)) ?? 0;
  return { options: { network, shard, state, position, uncertified, certificatesOffset }, store, state };
}
