import { codec } from "../../schemas/codec.js";
import { merkleRootOf } from "../merkle.js";
import { keyBytes, type StateKey } from "./key.js";
import type { StateChanges } from "./state.js";

/** A state change with its Avro bytes: hashed, stored and published without being encoded again. */
export interface EncodedChange {
  readonly key: StateKey;
  readonly isRemoval: boolean;
  /** Avro bytes of the StateChange. */
  readonly bytes: Buffer;
  /** The part of `bytes` that is the value (with its place in the union). */
  readonly valueBytes: Buffer;
}

/** Keys shorter than this have a length of one byte in Avro (zigzag), longer ones of two. */
const SHORT_KEY_BYTES = 64;

/** Encodes each change once, in the order given. */
export function encodeChanges(changes: StateChanges): EncodedChange[] {
  const encode = codec("StateChange").encode;
  return Array.from(changes, ([key, value]) => {
    const bytes = encode({ key: keyBytes(key), value });
    const lengthBytes = key.length < SHORT_KEY_BYTES ? 1 : 2;
    return { key, isRemoval: value === null, bytes, valueBytes: bytes.subarray(lengthBytes + key.length) };
  });
}

/** Merkle root of state changes; they must come by ascending key. */
export function changesRootOf(changes: readonly EncodedChange[]): Buffer {
  return merkleRootOf(changes.map(({ bytes }) => bytes));
}
