import { placementRange, type StateKey } from "../../ledger/state/key.js";
import type { LeafChange } from "../../ledger/state-tree/changes.js";
import type { StoreBatch } from "../stage.js";

/** Key of the name of the task that the store belongs to. */
export const OWNER_KEY = "owner";
const PLACE_KEY = "place";
const LEAF_PREFIX = "leaf/";
/** First and last possible key of the leaves. */
export const LEAF_RANGE = { gte: LEAF_PREFIX, lt: "leaf0" } as const;

/** First and last possible key of the leaves under a prefix (bits as text). */
export function leafRange(prefix: string): { readonly from: string; readonly below: string } {
  const { from, below } = placementRange(prefix);
  return { from: LEAF_PREFIX + from, below: below === undefined ? LEAF_RANGE.lt : LEAF_PREFIX + below };
}

/** The block whose state the leaves in the store are, and where to read on. */
export interface CheckpointPlace {
  /** 0: the genesis. */
  readonly height: number;
  /** Time of the block, in milliseconds since 1970; 0 of the genesis. */
  readonly time: number;
  /** Next offset in shard.changes. */
  readonly changesOffset: number;
  /** Next offset in shard.finalized. */
  readonly finalizedOffset: number;
  /** The shard has ended with it. */
  readonly isLast: boolean;
}

export const GENESIS_PLACE: CheckpointPlace = {
  height: 0,
  time: 0,
  changesOffset: 0,
  finalizedOffset: 0,
  isLast: false,
};

/** All leaves that changed, and the place that they lead to where that is all, for one batch. */
export function leavesBatch(changes: readonly LeafChange[], place?: CheckpointPlace): StoreBatch {
  const batch: [string, Buffer | null][] = changes.map(({ key, isRemoval, valueBytes }) => [
    LEAF_PREFIX + key,
    isRemoval ? null : Buffer.from(valueBytes.buffer, valueBytes.byteOffset, valueBytes.length),
  ]);
  if (place) batch.push([PLACE_KEY, Buffer.from(JSON.stringify(place))]);
  return batch;
}

/** A leaf from the store, as a change of an empty tree. */
export function storedLeaf(key: string, valueBytes: Buffer): LeafChange {
  return { key: key.slice(LEAF_PREFIX.length) as StateKey, isRemoval: false, valueBytes };
}

/** undefined: there is none, or its bytes are no place. */
export function readPlace(store: { get(key: string): Buffer | undefined }): CheckpointPlace | undefined {
  const bytes = store.get(PLACE_KEY);
  if (!bytes) return undefined;
  try {
    const place = JSON.parse(bytes.toString()) as Record<keyof CheckpointPlace, unknown>;
    const { height, time, changesOffset, finalizedOffset } = place;
    const isWhole =
      [height, time, changesOffset, finalizedOffset].every((n) => Number.isSafeInteger(n)) &&
      typeof place.isLast === "boolean";
    return isWhole ? (place as unknown as CheckpointPlace) : undefined;
  } catch {
    return undefined;
  }
}
