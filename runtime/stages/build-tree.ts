import type { LeafChange } from "../../ledger/state-tree/changes.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { SLICE_LEAVES } from "../../processors/checkpoint/checkpoint.js";
import { GatheredChanges } from "../../processors/checkpoint/gathered-changes.js";
import { type Clock, sleep } from "../clock.js";

/** Leaves put in order at once: enough that neighbours share most of what is hashed, few enough for the heap. */
const CHUNK_LEAVES = 20_000;
/** Between two slices everyone else of the process gets a turn, in milliseconds. */
const SLICE_PAUSE_MS = 1;

/**
 * Builds a shard's tree from all its leaves: 45 s for a million. Other work of the process goes on meanwhile.
 * @param onChunk after each chunk, with how many leaves there are by now
 */
export async function buildTree(
  prefix: string,
  leaves: AsyncIterable<LeafChange> | Iterable<LeafChange>,
  clock: Clock,
  onChunk: (count: number) => void,
): Promise<StateTree> {
  const tree = new StateTree(prefix);
  const gathered = new GatheredChanges();
  const take = async () => {
    const changes = gathered.take();
    for (let start = 0; start < changes.length; start += SLICE_LEAVES) {
      tree.apply(changes.slice(start, start + SLICE_LEAVES));
      await sleep(clock, SLICE_PAUSE_MS);
    }
    onChunk(tree.size);
  };
  for await (const leaf of leaves) {
    gathered.add([leaf]);
    if (gathered.size >= CHUNK_LEAVES) await take();
  }
  if (gathered.size > 0) await take();
  return tree;
}
