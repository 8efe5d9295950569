import { innerPrefix } from "../../ledger/resharding/prefix.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import type { StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";
import type { KnownShard } from "../../ledger/topology.js";
import { decodeStateValue, stateKeyOf, stateRange } from "../../processors/chain/store-layout.js";
import {
  type CheckpointPlace,
  GENESIS_PLACE,
  leafRange,
  leavesBatch,
  OWNER_KEY,
  readPlace,
} from "../../processors/checkpoint/store-layout.js";
import type { Environment } from "../driver/environment.js";
import { type Store, StoreCorrupt } from "../store/level-store.js";
import { openChain } from "./chain-store.js";
import { foreignMark } from "./foreign-values.js";
import { inChunksOf } from "./in-chunks.js";
import { withEndOf } from "./shard-end.js";
import { closedOnFailure, storeName, storePath } from "./store-name.js";

/** Values that are encoded at once. */
const VALUES_AT_ONCE = 1_000;

/** Opens a store of the stage by its path. */
export type TreeStoreOpening = (path: string, wipe: boolean) => Promise<Store>;

/**
 * Makes the store of leaves that a shard begins with that took others' place: a clone of the first parent's, and copies of what
 * other parents left. Where this stage has no store of an ended parent, its log is executed.
 * @param isChecked every leaf is read and copied: a store that was made before was found damaged
 */
export async function inheritedLeaves(
  environment: Environment,
  group: string,
  place: KnownShard,
  isChecked: boolean,
  open: TreeStoreOpening,
): Promise<{ readonly store: Store; readonly place: CheckpointPlace }> {
  await environment.parentsEnded?.();
  const path = storePath(environment, group, place.partition);
  const [first, ...others] = place.parents.map((number) => environment.network.topology.shard(number));
  if (!first) throw new RangeError(`shard ${place.shard} took nobody's place`);
  const cloned = isChecked ? undefined : await cloneOf(environment, group, first, place, open);
  const store = cloned?.store ?? (await open(path, true));
  return closedOnFailure(store, async () => {
    let timeMs = cloned?.timeMs ?? 0;
    if (cloned) await store.write([foreignMark(place.prefix)]);
    for (const parent of cloned ? others : [first, ...others]) {
      const { from, below } = leafRange(parent.prefix);
      await store.forget(from, below);
      timeMs = Math.max(timeMs, await copyLeaves(environment, group, parent, place.prefix, store, open));
    }
    const begin = { ...GENESIS_PLACE, time: timeMs };
    await store.write([[OWNER_KEY, Buffer.from(path)], ...leavesBatch([], begin)]);
    return { store, place: begin };
  });
}

/** undefined: the stage's store of the parent has not come to the end, or the clone isn't what it is. */
async function cloneOf(
  environment: Environment,
  group: string,
  parent: KnownShard,
  place: KnownShard,
  open: TreeStoreOpening,
): Promise<{ readonly store: Store; readonly timeMs: number } | undefined> {
  const parentPath = storePath(environment, group, parent.partition);
  const source = await open(parentPath, false);
  try {
    if (!endOf(source, parentPath)) return undefined;
    await source.cloneBeside(storeName(group, place.partition));
  } finally {
    await source.close();
  }
  const store = await open(storePath(environment, group, place.partition), false);
  const end = await closedOnFailure(store, async () => endOf(store, parentPath));
  if (end) return { store, timeMs: end.time };
  await store.close();
  return undefined;
}

/** undefined: the store has not come to its shard's end. */
function endOf(store: Store, owner: string): CheckpointPlace | undefined {
  try {
    const end = readPlace(store);
    return end?.isLast && store.get(OWNER_KEY)?.toString() === owner ? end : undefined;
  } catch (error) {
    if (error instanceof StoreCorrupt) return undefined;
    throw error;
  }
}

/** @returns the time of the parent's last block, in milliseconds since 1970 */
async function copyLeaves(
  environment: Environment,
  group: string,
  parent: KnownShard,
  prefix: string,
  store: Store,
  open: TreeStoreOpening,
): Promise<number> {
  const parentPath = storePath(environment, group, parent.partition);
  const own = await open(parentPath, false);
  try {
    const end = endOf(own, parentPath);
    if (end) {
      const { from, below } = leafRange(innerPrefix(prefix, parent.prefix));
      await own.copyInto(store, from, below);
      return end.time;
    }
  } catch (error) {
    // Damaged: the log says what was in it.
    if (!(error instanceof StoreCorrupt)) throw error;
  } finally {
    await own.close();
  }
  return executedLeaves(environment, group, parent, prefix, store);
}

/** Executes a parent to its end in a store beside; the time of its last block, in milliseconds since 1970. */
async function executedLeaves(
  environment: Environment,
  group: string,
  parent: KnownShard,
  prefix: string,
  store: Store,
): Promise<number> {
  return withEndOf(environment, group, parent, openChain, async (end) => {
    const { from, below } = stateRange(innerPrefix(prefix, parent.prefix));
    for await (const values of inChunksOf(end.store.range(from, below), VALUES_AT_ONCE))
      await store.write(leavesBatch(encodeChanges(new Map(values.map(storedValue)))));
    return end.position.time;
  });
}

function storedValue([key, bytes]: readonly [string, Buffer]): [StateKey, StateValue] {
  const value = decodeStateValue(bytes);
  if (!value) throw new StoreCorrupt(`no value of ${key}`);
  return [stateKeyOf(key), value];
}
