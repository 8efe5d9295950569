import { type EndedShard, inheritedRecord, startAfter } from "../../ledger/resharding/inherit.js";
import { innerPrefix } from "../../ledger/resharding/prefix.js";
import type { KnownShard } from "../../ledger/topology.js";
import { digestKey, stateRange } from "../../processors/chain/store-layout.js";
import type { StoreBatch } from "../../processors/stage.js";
import type { Environment } from "../driver/environment.js";
import type { Store } from "../store/level-store.js";
import { foreignMark } from "./foreign-values.js";
import type { PartyEnvironment } from "./party.js";
import { ChainStore, readSaved, type Saved } from "./saved-chain.js";
import { type ChainOpening, type ShardEnd, withEndOf } from "./shard-end.js";
import { closedOnFailure, storeName, storePath } from "./store-name.js";

/**
 * Makes the store of a shard that takes others' place. It begins as a clone of the first parent's store, so a split takes as long
 * with a million accounts as with one; what other parents left is copied.
 * @param isChecked every value is read and copied instead: a store that was made before was found damaged
 * @throws NotReady while a parent has no certified last block
 */
export async function inheritedStore(
  environment: PartyEnvironment,
  group: string,
  place: KnownShard,
  isChecked: boolean,
  openChain: ChainOpening,
): Promise<{ readonly store: ChainStore; readonly saved: Saved }> {
  await environment.parentsEnded?.();
  const path = storePath(environment, group, place.partition);
  const [first, ...others] = place.parents.map((number) => environment.network.topology.shard(number));
  if (!first) throw new RangeError(`shard ${place.shard} took nobody's place`);
  const begun = await withEndOf(environment, group, first, openChain, async (end) => {
    const name = storeName(group, place.partition);
    const cloned = isChecked ? undefined : await cloneOf(environment, end, name, path);
    const disk = cloned?.disk ?? (await environment.openStore(path, true));
    const store = ChainStore.on(disk, environment, cloned && end.store);
    return closedOnFailure(store, async () => {
      if (cloned) await store.write([...cloned.removals, foreignMark(place.prefix)]);
      else await copyState(end, place.prefix, disk);
      return { store, disk, end: endedOf(end) };
    });
  });
  const { store, disk } = begun;
  return closedOnFailure(store, async () => {
    const ended = [begun.end];
    for (const other of others) {
      // Straight to disk: nothing of the range is in memory, because the first parent never had to do with it.
      const { from, below } = stateRange(other.prefix);
      await disk.forget(from, below);
      const end = await withEndOf(environment, group, other, openChain, async (found) => {
        await copyState(found, place.prefix, disk);
        return endedOf(found);
      });
      ended.push(end);
    }
    const position = startAfter(place, ended);
    const inherited = inheritedRecord(place, ended);
    return { store, saved: { position, inherited, uncertified: new Map(), certificatesOffset: 0 } };
  });
}

function endedOf({ prefix, record, position }: ShardEnd): EndedShard {
  return { prefix, record, position };
}

/** A clone, and how it is rid of what it knows of its origin's own blocks; undefined: it didn't become what the end's store is. */
async function cloneOf(
  environment: Environment,
  { store: source, path: sourcePath, position }: ShardEnd,
  name: string,
  path: string,
): Promise<{ readonly disk: Store; readonly removals: StoreBatch } | undefined> {
  await source.cloneBeside(name);
  const disk = await environment.openStore(path, false);
  const saved = await closedOnFailure(disk, () => readSaved(disk, sourcePath));
  if (saved?.position.digest.equals(position.digest))
    return { disk, removals: Array.from(saved.uncertified.keys(), (height) => [digestKey(height), null]) };
  await disk.close();
  return undefined;
}

/** Of what the end's shard had, not of what else may be in its store. */
async function copyState(
  { store: source, prefix: ofParent }: ShardEnd,
  prefix: string,
  store: Store,
): Promise<void> {
  const { from, below } = stateRange(innerPrefix(prefix, ofParent));
  await source.copyInto(store, from, below);
}
