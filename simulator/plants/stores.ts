import { asShard, mainChainValue, type OwnRecord, shardValue } from "../../ledger/state/state.js";
import { OWNER_KEY, POSITION_KEY } from "../../processors/chain/store-layout.js";
import { type Store, StoreCorrupt } from "../../runtime/store/level-store.js";
import { codec } from "../../schemas/codec.js";
import type { PlantedBug, Seams } from "./plant.js";
import { withStore } from "./seams.js";

/** The shard's own record comes back from the store with something missing. */
function restoring(change: (own: OwnRecord) => OwnRecord): Seams {
  return withStore((store) => ({
    get(key) {
      const bytes = store.get(key);
      const record = bytes && codec("StateRecord").decode(bytes);
      const own = asShard(record?.value);
      if (!record?.value || !own) return bytes;
      const written = "rustorium.MainChainState" in record.value ? mainChainValue : shardValue;
      return codec("StateRecord").encode({ ...record, value: written(change(own)) });
    },
  }));
}

/** The position goes in first, the state it belongs to in a batch of its own. */
async function writeTorn(store: Store, batch: Parameters<Store["write"]>[0]): Promise<void> {
  await store.write(batch.filter(([key]) => key === POSITION_KEY));
  await store.write(batch.filter(([key]) => key !== POSITION_KEY));
}

function getUnlessCorrupt(store: Store, key: string): Buffer | undefined {
  try {
    return store.get(key);
  } catch (error) {
    if (error instanceof StoreCorrupt) return undefined;
    throw error;
  }
}

/** Local stores. */
export const storePlants = {
  "batch-torn": {
    about: "Position and state are stored one after the other instead of in one batch.",
    found: { seed: 66, invariant: "same-state" },
    make: () => withStore((store) => ({ write: (batch) => writeTorn(store, batch) })),
  },
  "owner-not-checked": {
    about: "A task uses a store whoever it belongs to.",
    found: { seed: 5, invariant: "same-state" },
    make: () =>
      withStore((store, path) => ({
        get: (key) => {
          const value = store.get(key);
          return key === OWNER_KEY && value ? Buffer.from(path) : value;
        },
      })),
  },
  "damage-unnoticed": {
    about: "A value whose checksum is wrong counts as missing.",
    found: { seed: 5, invariant: "same-state" },
    make: () => withStore((store) => ({ get: (key) => getUnlessCorrupt(store, key) })),
  },
  "marks-forgotten": {
    about: "After a restart a shard doesn't know which transactions it has taken in.",
    found: { seed: 1, invariant: "same-state" },
    make: () => restoring((own) => ({ ...own, marks: [] })),
  },
  "channels-forgotten": {
    about: "After a restart a shard doesn't know which bundles it has sent and received.",
    found: { seed: 2, invariant: "same-state" },
    make: () =>
      restoring((own) => ({
        ...own,
        sent: [],
        received: own.received.map((channel) => ({ ...channel, count: 0 })),
      })),
  },
} satisfies Record<string, PlantedBug>;
