import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import type { ChainPosition } from "../../ledger/block/position.js";
import { placementRange, type StateKey } from "../../ledger/state/key.js";
import type { OwnRecord, StateValue } from "../../ledger/state/state.js";
import { codec, encoderWithLast } from "../../schemas/codec.js";
import type { StoreBatch } from "../stage.js";

/** Key of the name of the task that the store belongs to. */
export const OWNER_KEY = "owner";
/** Key of the chain position in a local store. */
export const POSITION_KEY = "position";
/** Key of the next offset to read in shard.finalized. */
export const CERTIFICATES_KEY = "certificates";
/** Key of the own record that a shard begins with that took others' place. */
export const INHERITED_KEY = "inherited";
/**
 * Key of the prefix (bits as text) that the values of the store are under which count; it may have others, which nobody reads.
 * None: all count. Also in stores of state trees.
 */
export const FOREIGN_KEY = "foreign";
const DIGEST_PREFIX = "digest/";
const STATE_PREFIX = "state/";
const STATE_END = "state0";
/** Digits of a height in a digest's key: heights stay below 10^15. */
const HEIGHT_DIGITS = 15;

export function digestKey(height: number): string {
  return `${DIGEST_PREFIX}${String(height).padStart(HEIGHT_DIGITS, "0")}`;
}

export function stateStoreKey(key: StateKey): string {
  return `${STATE_PREFIX}${key}`;
}

/** First and last possible key of the state under a prefix (bits as text). */
export function stateRange(prefix: string): { readonly from: string; readonly below: string } {
  const { from, below } = placementRange(prefix);
  return { from: STATE_PREFIX + from, below: below === undefined ? STATE_END : STATE_PREFIX + below };
}

/** The state key in a key of the store. */
export function stateKeyOf(key: string): StateKey {
  return key.slice(STATE_PREFIX.length) as StateKey;
}

export function encodeInherited({ marks, sent, received, change, markers }: OwnRecord): Buffer {
  return codec("ShardState").encode({ marks, sent, received, change, markers });
}

/** undefined: there is none. */
export function decodeInherited(bytes: Buffer | undefined): OwnRecord | undefined {
  const record = bytes && codec("ShardState").decode(bytes);
  return record && { ...record, checkpoints: [] };
}

/** First and last possible key of the digests that wait for a certificate. */
export const DIGEST_RANGE = { gte: DIGEST_PREFIX, lt: "digest0" } as const;

export function heightOfDigestKey(key: string): number {
  return Number(key.slice(DIGEST_PREFIX.length));
}

/** What a closed block changes in the local store besides its digest; goes in with its position in one batch. */
export function storeBatchOf(block: ExecutedBlock): StoreBatch {
  const batch: [string, Buffer | null][] = [];
  const { height } = block.header;
  for (const { key, isRemoval, valueBytes } of block.encodedChanges) {
    batch.push([
      stateStoreKey(key),
      isRemoval ? null : stateRecord({ height, digest: block.digest }, valueBytes),
    ]);
  }
  batch.push([POSITION_KEY, encodePosition(block.position)]);
  return batch;
}

/** StateRecord from the bytes of its value, as an EncodedChange has them. */
export const stateRecord = encoderWithLast("StateRecord");

/** Bytes of a state value, in the store and as value of shard.state. */
export function encodeStateValue(height: number, digest: Buffer, value: StateValue | null): Buffer {
  return codec("StateRecord").encode({ height, digest, value });
}

/** undefined: the bytes are no state value. */
export function decodeStateValue(bytes: Buffer): StateValue | undefined {
  return codec("StateRecord").decode(bytes)?.value ?? undefined;
}

export function encodePosition(position: ChainPosition): Buffer {
  return Buffer.from(JSON.stringify({ ...position, digest: position.digest.toString("hex") }));
}

/** undefined: the bytes are no position. */
export function decodePosition(bytes: Buffer | undefined): ChainPosition | undefined {
  if (!bytes) return undefined;
  try {
    const { height, digest, sequence, time, nextOffset } = JSON.parse(bytes.toString()) as Record<
      string,
      unknown
    >;
    const numbers = [height, sequence, time, nextOffset];
    if (
      !numbers.every((n) => Number.isSafeInteger(n)) ||
      typeof digest !== "string" ||
      digest.length !== 64
    ) {
      return undefined;
    }
    return {
      height: height as number,
      digest: Buffer.from(digest, "hex"),
      sequence: sequence as number,
      time: time as number,
      nextOffset: nextOffset as number,
    };
  } catch {
    return undefined;
  }
}

export function encodeOffset(offset: number): Buffer {
  return Buffer.from(String(offset));
}

/** undefined: the bytes are no offset. */
export function decodeOffset(bytes: Buffer | undefined): number | undefined {
  if (!bytes) return undefined;
  const offset = Number(bytes.toString());
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
}
