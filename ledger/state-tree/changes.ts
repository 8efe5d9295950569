import type { StateKey } from "../state/key.js";
import { valueHashOf } from "./digest.js";
import { isUnder, POSITION_BYTES, positionOf } from "./position.js";

/** A change of a leaf; EncodedChange of the state is one. */
export interface LeafChange {
  readonly key: StateKey;
  readonly isRemoval: boolean;
  /** Avro bytes of the value, with its place in the union. */
  readonly valueBytes: Uint8Array;
}

/** Changes in the order of the tree: by position. */
export interface PlacedChanges {
  readonly length: number;
  /** Positions one after the other. */
  readonly positions: Uint8Array;
  /** Hash of the new value; undefined removes. */
  readonly valueHashes: readonly (Buffer | undefined)[];
}

/** Bytes of a position that are compared as one number first; the others seldom have to decide. */
const LEADING_BYTES = 6;

/**
 * @throws RangeError when a key is not under the prefix, or there twice.
 */
export function placeChanges(prefix: string, changes: readonly LeafChange[]): PlacedChanges {
  const placed = changes.map(({ key, isRemoval, valueBytes }) => {
    const position = positionOf(key);
    if (!isUnder(prefix, position)) throw new RangeError(`a key is not under the shard's prefix ${prefix}`);
    return {
      leading: position.readUIntBE(0, LEADING_BYTES),
      position,
      valueHash: isRemoval ? undefined : valueHashOf(valueBytes),
    };
  });
  placed.sort((a, b) => a.leading - b.leading || Buffer.compare(a.position, b.position));
  for (let index = 1; index < placed.length; index++)
    if (placed[index]!.position.equals(placed[index - 1]!.position))
      throw new RangeError("a key is there twice");
  const positions = new Uint8Array(placed.length * POSITION_BYTES);
  for (const [index, { position }] of placed.entries()) positions.set(position, index * POSITION_BYTES);
  return { length: placed.length, positions, valueHashes: placed.map(({ valueHash }) => valueHash) };
}
