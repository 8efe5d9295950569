import { startOfChain } from "../../ledger/block/position.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import { initialValues, type Network } from "../../ledger/genesis/genesis.js";
import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import {
  CERTIFICATES_KEY,
  DIGEST_RANGE,
  decodeOffset,
  decodePosition,
  encodeOffset,
  encodePosition,
  encodeStateValue,
  heightOfDigestKey,
  OWNER_KEY,
  POSITION_KEY,
  stateRecord,
  stateStoreKey,
} from "../../processors/chain/store-layout.js";
import type { StageTask } from "../../processors/stage.js";
import type { Environment, OpenTask } from "../driver/environment.js";
import { BufferedStore } from "../store/buffered-store.js";
import { CachedStore } from "../store/cached-store.js";
import { type Store, StoreCorrupt } from "../store/level-store.js";
import { StoredState } from "../store/stored-state.js";
import { inChunks } from "./in-chunks.js";
import { type RestoredState, restoredState } from "./restore.js";

/** Values of the genesis that are written to a new store at once. */
const INITIAL_VALUES_PER_BATCH = 5_000;
/** Hex digits of the genesis hash in a store's path: a new chain never meets an old one's store. */
const GENESIS_DIGITS = 12;

/** A shard of the network by partition number. Throws RangeError where no shard lives there. */
export function shardOfPartition({ network }: Environment, partition: number): number {
  const shard = network.topology.ofPartition(partition);
  if (!shard) throw new RangeError(`no shard lives in partition ${partition}`);
  return shard.shard;
}

/** Path of a task's store. */
export function storeName({ network }: Environment, group: string, partition: number): string {
  return `${network.hash.toString("hex").slice(0, GENESIS_DIGITS)}/${group}-${partition}`;
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

/** What a store says of the chain that it belongs to. */
type Saved = Pick<ChainOptions, "position" | "uncertified" | "certificatesOffset">;

/**
 * Opens a task that executes a shard, with its local store. A missing, foreign or damaged store starts from the genesis and
 * is rebuilt by executing the log again.
 * @param makeTask makes the task on what the store says; where it fails the store is let go of
 */
export async function openChainTask(
  environment: Environment,
  group: string,
  partition: number,
  wipe: boolean,
  makeTask: (options: ChainOptions) => Promise<StageTask>,
): Promise<OpenTask> {
  const { network, planted } = environment;
  const shard = shardOfPartition(environment, partition);
  const name = storeName(environment, group, partition);
  const open = async (store: Store, state: StoredState, saved: Saved): Promise<OpenTask> => {
    const task = await makeTask({ network, shard, state, ...saved, ...(planted && { planted }) });
    return { task, store, state };
  };
  const openStore = async (forget: boolean) =>
    new BufferedStore(
      new CachedStore(await environment.openStore(name, forget)),
      environment.clock,
      environment.storeGatherMs,
    );
  const found = await openStore(wipe);
  const opened = await closedOnFailure(found, async () => {
    const saved = await readSaved(found, name);
    return saved && open(found, new StoredState(found), saved);
  });
  if (opened) return opened;
  await found.close();
  const store = await openStore(true);
  return closedOnFailure(store, async () => {
    const state = new StoredState(store);
    const restored = await restoredState(environment, shard, partition);
    const position = restored?.position ?? startOfChain(network.hash);
    if (restored) await writeRestored(store, restored);
    else await writeInitial(store, state, network, shard);
    // Last: a store without a position counts as none.
    await store.write([
      [OWNER_KEY, Buffer.from(name)],
      [POSITION_KEY, encodePosition(position)],
    ]);
    const certificatesOffset = restored?.certificatesOffset ?? 0;
    await store.write([[CERTIFICATES_KEY, encodeOffset(certificatesOffset)]]);
    return open(store, state, { position, uncertified: new Map(), certificatesOffset });
  });
}

async function writeRestored(store: Store, { state, position }: RestoredState): Promise<void> {
  const { height, digest } = position;
  for (const values of inChunks(state.allValues, INITIAL_VALUES_PER_BATCH))
    await store.write(
      values.map(([key, bytes]) => [stateStoreKey(key), stateRecord({ height, digest }, bytes)]),
    );
}

async function writeInitial(
  store: Store,
  state: StoredState,
  network: Network,
  shard: number,
): Promise<void> {
  for (const values of inChunks(initialValues(network, shard), INITIAL_VALUES_PER_BATCH)) {
    await store.write(
      values.map(([key, value]) => [stateStoreKey(key), encodeStateValue(0, network.hash, value)]),
    );
    state.seed(values);
  }
}

/** undefined: the store is new, damaged, or a copy of another task's, which would lead to votes on another shard's blocks. */
async function readSaved(store: Store, name: string): Promise<Saved | undefined> {
  try {
    const position = decodePosition(store.get(POSITION_KEY));
    if (!position || store.get(OWNER_KEY)?.toString() !== name) return undefined;
    const uncertified = new Map<number, Buffer>();
    for await (const [key, digest] of store.range(DIGEST_RANGE.gte, DIGEST_RANGE.lt)) {
      uncertified.set(heightOfDigestKey(key), digest);
    }
    return { position, uncertified, certificatesOffset: decodeOffset(store.get(CERTIFICATES_KEY)) ?? 0 };
  } catch (error) {
    if (error instanceof StoreCorrupt) return undefined;
    throw error;
  }
}

/** A store that is left open stays locked. */
export async function closedOnFailure<T>(store: Store, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await store.close();
    throw error;
  }
}
