import { ShardChain } from "../../ledger/block/shard-chain.js";
import type { EndedShard } from "../../ledger/resharding/inherit.js";
import { shardKey } from "../../ledger/state/key.js";
import { asShard } from "../../ledger/state/state.js";
import type { KnownShard } from "../../ledger/topology.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { storeBatchOf } from "../../processors/chain/store-layout.js";
import { StageFault } from "../../processors/stage.js";
import { WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { type Environment, NotReady } from "../driver/environment.js";
import { StoreCorrupt } from "../store/level-store.js";
import { StoredState } from "../store/stored-state.js";
import { lastCertificate } from "./last-certificate.js";
import type { PartyEnvironment } from "./party.js";
import { ChainStore, type OpenChain, readSaved } from "./saved-chain.js";
import { closedOnFailure, storePath } from "./store-name.js";

/** A shard that has ended, and its state after its last block in a local store. */
export interface ShardEnd extends EndedShard {
  readonly store: ChainStore;
  /** The store's path. */
  readonly path: string;
}

/** Opens the chain of a shard with its local store, which is made where it is missing. */
export type ChainOpening = (
  environment: PartyEnvironment,
  group: string,
  partition: number,
  wipe: boolean,
) => Promise<OpenChain>;

/** Of a store that is beside the one that a group's task has of a shard. */
const BESIDE = ".beside";

/**
 * Works with the end of a shard: as the store has it of this group's own task, where that has come to the end, open still or
 * not; else executed in a store beside it, because the task has still to write what came of it. What validators certified as its
 * last block it must be. Where a store is found damaged, by the work too, the work is done again with the next one.
 * @throws NotReady while there is no certified last block
 */
export async function withEndOf<T>(
  environment: PartyEnvironment,
  group: string,
  shard: KnownShard,
  openChain: ChainOpening,
  work: (end: ShardEnd) => Promise<T>,
): Promise<T> {
  const { ended } = environment;
  try {
    // Its task was done, so validators have certified it.
    const done = await ended?.use(shard.shard, async (end) => ({ value: await work(end) }));
    if (done) return done.value;
  } catch (error) {
    if (!(error instanceof StoreCorrupt)) throw error;
    await ended?.letGo(shard.shard);
  }
  return withStoredEnd(environment, group, shard, openChain, work);
}

async function withStoredEnd<T>(
  environment: PartyEnvironment,
  group: string,
  shard: KnownShard,
  openChain: ChainOpening,
  work: (end: ShardEnd) => Promise<T>,
): Promise<T> {
  const certificate = await lastCertificate(environment, shard);
  if (!certificate?.header.isLast) throw new NotReady(`shard ${shard.shard} has not ended`);
  const own = group.replace(BESIDE, "");
  const executed = async (wipe: boolean): Promise<ShardEnd> => {
    const beside = `${own}${BESIDE}`;
    const chain = await openChain(environment, beside, shard.partition, wipe);
    const end = await closedOnFailure(chain.store, () => executeToEnd(environment, chain, shard));
    return { ...end, store: chain.store, path: storePath(environment, beside, shard.partition) };
  };
  const ways = [
    () => storedEnd(environment, own, shard, certificate.digest),
    () => executed(false),
    () => executed(true),
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

/** undefined: the task's own store has not come to the block of that digest. */
async function storedEnd(
  environment: PartyEnvironment,
  group: string,
  { partition, prefix }: KnownShard,
  digest: Buffer,
): Promise<ShardEnd | undefined> {
  const path = storePath(environment, group, partition);
  const store = await ChainStore.open(environment, path, false);
  const end = await closedOnFailure(store, () => endIn(store, path, prefix));
  if (end?.position.digest.equals(digest)) return end;
  await store.close();
  return undefined;
}

/** What a store says of the shard's last block that it has; undefined: it is another task's, or damaged. */
export async function endIn(store: ChainStore, path: string, prefix: string): Promise<ShardEnd | undefined> {
  const position = (await readSaved(store, path))?.position;
  const record = asShard(new StoredState(store).get(shardKey(prefix)));
  return position && record ? { prefix, record, position, store, path } : undefined;
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
