import { LEAF_RANGE } from "../../processors/checkpoint/store-layout.js";
import type { Store } from "../../runtime/store/level-store.js";
import type { PlantedBug } from "./plant.js";
import { inTaskOf, withStore, withTask } from "./seams.js";

/** All but the first of a range of leaves. */
async function* withoutFirst(store: Store, from: string, below: string) {
  let isFirst = from.startsWith(LEAF_RANGE.gte);
  for await (const entry of store.range(from, below)) {
    if (!isFirst) yield entry;
    isFirst = false;
  }
}

/** Roots of states. */
export const checkpointPlants = {
  "leaf-lost": {
    about: "A state tree that is made from a local store lacks a leaf.",
    found: { seed: 2, invariant: "same-state" },
    make: () => withStore((store) => ({ range: (from, below) => withoutFirst(store, from, below) })),
  },
  "checkpoint-asleep": {
    about: "A checkpoint task is not woken when its time has come.",
    found: { seed: 1, invariant: "lag-zero" },
    make: () =>
      inTaskOf(["checkpoint"], (open) => withTask(open, { result: ({ wakeAtMs: _, ...result }) => result })),
  },
  "roots-not-carried": {
    about: "relay takes no state to the main chain.",
    found: { seed: 1, invariant: "lag-zero" },
    make: () =>
      inTaskOf(["relay"], (open) =>
        withTask(open, {
          result: (result, given) =>
            given[0]?.topic === "shard.checkpoints" ? { ...result, records: [] } : result,
        }),
      ),
  },
} satisfies Record<string, PlantedBug>;
