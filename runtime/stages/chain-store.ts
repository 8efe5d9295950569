import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import type { ConsensusModule } from "../../ledger/consensus/index.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import { initialValues, type Network } from "../../ledger/genesis/genesis.js";
import { type EndedShard, inheritedRecord, startAfter } from "../../ledger/resharding/inherit.js";
import { shardKey } from "../../ledger/state/key.js";
import { asShard, type OwnRecord } from "../../ledger/state/state.js";
import type { KnownShard } from "../../ledger/topology.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import {
  CERTIFICATES_KEY,
  DIGEST_RANGE,
  decodeInherited,
  decodeOffset,
  decodePosition,
  encodeInherited,
  encodeOffset,
  encodePosition,
  encodeStateValue,
  heightOfDigestKey,
  INHERITED_KEY,
  OWNER_KEY,
  POSITION_KEY,
  stateRange,
  stateRecord,
  stateStoreKey,
  storeBatchOf,
} from "../../processors/chain/store-layout.js";
import { StageFault, type StageTask } from "../../processors/stage.js";
import { WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { type Environment, NotReady, type OpenTask } from "../driver/environment.js";
import { BufferedStore } from "../store/buffered-store.js";
import { CachedStore } from "../store/cached-store.js";
import { type Store, StoreCorrupt } from "../store/level-store.js";
import { StoredState } from "../store/stored-state.js";
import { inChunks } from "./in-chunks.js";
import { lastCertificate } from "./last-certificate.js";
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
  let consensus: ConsensusModule | undefined;
  return (environment) => {
    const { network } = environment;
    consensus ??= withMemory(network.consensus);
    return { ...environment, network: { ...network, consensus } };
  };
}

/** What a store says of the chain that it belongs to. */
type Saved = Pick<ChainOptions, "position" | "uncertified" | "certificatesOffset" | "inherited">;

/** A chain with its local store, as far as that is. */
export interface OpenChain {
  readonly store: Store;
  readonly state: StoredState;
  readonly options: ChainOptions;
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
  const { network, planted } = environment;
  const shard = shardOfPartition(environment, partition);
  const name = storeName(environment, group, partition);
  const chainOf = (store: Store, state: StoredState, saved: Saved): OpenChain => {
    const options = { network, shard, state, ...saved, ...(planted && { planted }) };
    return { store, state, options };
  };
  const found = await openStore(environment, name, wipe);
  const saved = await closedOnFailure(found, () => readSaved(found, name));
  if (saved) return chainOf(found, new StoredState(found), saved);
  await found.close();
  const store = await openStore(environment, name, true);
  return closedOnFailure(store, async () => {
    const state = new StoredState(store);
    const start = await writeStart(environment, group, network.topology.shard(shard), store, state);
    // Last: a store without a position counts as none.
    await store.write([
      ...(start.inherited ? [[INHERITED_KEY, encodeInherited(start.inherited)] as const] : []),
      [OWNER_KEY, Buffer.from(name)],
      [POSITION_KEY, encodePosition(start.position)],
      [CERTIFICATES_KEY, encodeOffset(start.certificatesOffset)],
    ]);
    return chainOf(store, state, start);
  });
}

async function openStore(
  { openStore: open, clock, storeGatherMs }: Environment,
  name: string,
  wipe: boolean,
): Promise<Store> {
  return new BufferedStore(new CachedStore(await open(name, wipe)), clock, storeGatherMs);
}

/** Fills a new store with the state before the first block, or at a certified checkpoint. */
async function writeStart(
  environment: Environment,
  group: string,
  place: KnownShard,
  store: Store,
  state: StoredState,
): Promise<Saved> {
  const { network } = environment;
  const uncertified = new Map<number, Buffer>();
  if (place.parents.length > 0) {
    const { position, inherited } = await copyFromParents(environment, group, place, store);
    return { position, inherited, uncertified, certificatesOffset: 0 };
  }
  const restored = await restoredState(environment, place.shard, place.partition);
  if (restored) await writeRestored(store, restored);
  else await writeInitial(store, state, network, place.shard);
  const { position = startOfChain(network.hash), certificatesOffset = 0 } = restored ?? {};
  return { position, uncertified, certificatesOffset };
}

/** What a shard begins with. */
interface Begin {
  readonly position: ChainPosition;
  readonly inherited: OwnRecord;
}

/**
 * Copies what parents left under the prefix of a shard that takes their place.
 * @throws NotReady while a parent has no certified last block
 */
async function copyFromParents(
  environment: Environment,
  group: string,
  place: KnownShard,
  store: Store,
): Promise<Begin> {
  const ended: EndedShard[] = [];
  for (const number of place.parents) {
    const parent = environment.network.topology.shard(number);
    const end = await withEndOf(environment, group, parent, async (found) => {
      const { from, below } = stateRange(place.prefix);
      for await (const values of found.store.parts(from, below)) await store.write(values);
      return found;
    });
    ended.push(end);
  }
  return { position: startAfter(place, ended), inherited: inheritedRecord(place, ended) };
}

/** A shard that has ended, and its state after its last block in a local store. */
export interface ShardEnd extends EndedShard {
  readonly store: Store;
}

/** Of a store that is beside the one that a group's task has of a shard. */
const BESIDE = ".beside";

/**
 * Works with the end of a shard: as the store has it of this group's own task, where that has come to the end; else executed in
 * a store beside it, because the task has still to write what came of it. What validators certified as its last block it must
 * be. Where a store is found damaged, by the work too, the work is done again with the next one.
 * @throws NotReady while there is no certified last block
 */
export async function withEndOf<T>(
  environment: Environment,
  group: string,
  shard: KnownShard,
  work: (end: ShardEnd) => Promise<T>,
): Promise<T> {
  const certificate = await lastCertificate(environment, shard);
  if (!certificate?.header.isLast) throw new NotReady(`shard ${shard.shard} has not ended`);
  const own = group.replace(BESIDE, "");
  const ways = [
    () => storedEnd(environment, own, shard, certificate.digest),
    () => executedEnd(environment, own, shard, false),
    () => executedEnd(environment, own, shard, true),
  ];
  for (const [index, open] of ways.entries()) {
    try {
      const end = await open();
      if (!end) continue;
      try {
        if (end.position.digest.equals(certificate.digest)) return await work(end);
      } finally {
        await end.store.close();
      }
    } catch (error) {
      if (index === ways.length - 1 || !(error instanceof StoreCorrupt)) throw error;
    }
  }
  const message = `shard ${shard.shard}: its last block is not the certified one, also when executed again`;
  throw new StageFault("DIGEST_CONTRADICTED", message);
}

async function executedEnd(
  environment: Environment,
  own: string,
  shard: KnownShard,
  wipe: boolean,
): Promise<ShardEnd> {
  const chain = await openChain(environment, `${own}${BESIDE}`, shard.partition, wipe);
  const end = await closedOnFailure(chain.store, () => executeToEnd(environment, chain, shard));
  return { ...end, store: chain.store };
}

/** undefined: the task's own store has not come to the block of that digest. */
async function storedEnd(
  environment: Environment,
  group: string,
  { partition, prefix }: KnownShard,
  digest: Buffer,
): Promise<ShardEnd | undefined> {
  const name = storeName(environment, group, partition);
  const store = await openStore(environment, name, false);
  const end = await closedOnFailure(store, async () => {
    const position = (await readSaved(store, name))?.position;
    const record = asShard(new StoredState(store).get(shardKey(prefix)));
    return position?.digest.equals(digest) && record ? { prefix, record, position } : undefined;
  });
  if (end) return { ...end, store };
  await store.close();
  return undefined;
}

/** Executes what is left of an ended shard's log. */
async function executeToEnd(
  environment: Environment,
  { store, state, options }: OpenChain,
  { partition, prefix }: KnownShard,
): Promise<EndedShard> {
  const { network, reader } = environment;
  const { shard, position, inherited } = options;
  const rules = { isAuthentic: isAuthenticBySignature, ...(options.planted && { planted: options.planted }) };
  const chain = new ShardChain(network, shard, state, position, rules, inherited);
  const topic = topicOnCluster(network.genesis.network, "shard.log");
  let next = position.nextOffset;
  while (!chain.hasEnded) {
    const fetched = await reader.fetch("shard.log", topic, partition, next);
    for (const { value, timeMs, offset } of fetched.records) {
      if (value === null || value.length < WIRE_HEADER_BYTES) continue;
      const { block } = chain.append({ bytes: value.subarray(WIRE_HEADER_BYTES), timeMs, offset });
      if (!block) continue;
      await store.write(storeBatchOf(block));
      state.stored(block.changes);
    }
    if (fetched.next === next && next >= fetched.end && !chain.hasEnded)
      throw new NotReady(`shard ${shard} has not ended in its log`);
    next = fetched.next;
  }
  const record = asShard(state.get(shardKey(prefix)));
  if (!record) throw new StoreCorrupt(`shard ${shard} has no own record`);
  return { prefix, record, position: chain.position };
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
    const certificatesOffset = decodeOffset(store.get(CERTIFICATES_KEY)) ?? 0;
    const inherited = decodeInherited(store.get(INHERITED_KEY));
    return { position, uncertified, certificatesOffset, ...(inherited && { inherited }) };
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
