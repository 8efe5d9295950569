import fc from "fast-check";
import { sha256 } from "../../../ledger/crypto/hash.js";
import { PAIR_BYTES, type PairHasher } from "../../../ledger/crypto/pair-hasher.js";
import { poseidonPair } from "../../../ledger/crypto/poseidon.js";
import { keyBytes, keyOfBytes, type StateKey } from "../../../ledger/state/key.js";
import type { LeafChange } from "../../../ledger/state-tree/changes.js";
import type { StateTree } from "../../../ledger/state-tree/state-tree.js";
import type { NaiveHash } from "./naive-tree.js";

/** The key of a number, with a placement that begins with these bits and zeros up to 16. */
export function keyUnder(bits: string, number: number): StateKey {
  const placement = sha256(Buffer.from(`placement ${number}`));
  placement.writeUInt16BE(Number.parseInt(bits.padEnd(16, "0"), 2));
  const id = Buffer.alloc(20);
  id.writeUInt32BE(number);
  return keyOfBytes(Buffer.concat([placement, Buffer.of(0), id]));
}

/** A key anywhere. */
export function keyAnywhere(number: number): StateKey {
  return keyUnder(
    sha256(Buffer.of(number >> 8, number))
      .readUInt16BE(0)
      .toString(2)
      .padStart(16, "0"),
    number,
  );
}

export function valueFor(number: number): Buffer {
  return Buffer.from(`value ${number}`);
}

export function put(key: StateKey, value: Buffer): LeafChange {
  return { key, isRemoval: false, valueBytes: value };
}

export function removal(key: StateKey): LeafChange {
  return { key, isRemoval: true, valueBytes: Buffer.alloc(0) };
}

/** What a tree should have: values by key in hex. */
export type Model = Map<string, Buffer>;

/** Applies changes to a tree and to a model of it. */
export function applyToBoth(tree: StateTree, model: Model, changes: readonly LeafChange[]): void {
  tree.apply(changes);
  for (const { key, isRemoval, valueBytes } of changes) {
    const hex = keyBytes(key).toString("hex");
    if (isRemoval) model.delete(hex);
    else model.set(hex, Buffer.from(valueBytes));
  }
}

/** Few places at the lowest always hashed level, so that there are many leaves below one and empty ones beside it. */
const PLACES = ["0000000000000000", "0000000000000001", "01", "0111111111111111", "1", "1111111111111111"];
const KEYS = 40;

/** One of 240 keys. */
export const someKey = fc
  .tuple(fc.constantFrom(...PLACES), fc.nat(KEYS - 1))
  .map(([bits, number]) => keyUnder(bits, number));

/** Batches of changes, each key at most once in one; a quarter removes. */
export const someBatches = (batchesMax: number, changesMax: number) =>
  fc.array(
    fc.uniqueArray(
      fc
        .tuple(someKey, fc.nat(3), fc.nat(5))
        .map(([key, what, number]) => (what === 0 ? removal(key) : put(key, valueFor(number)))),
      { maxLength: changesMax, selector: ({ key }) => key, size: "max" },
    ),
    { maxLength: batchesMax },
  );

/** The kernel as the naive tree wants it: fast, and compared with poseidon-lite elsewhere. */
export const poseidonKernel: NaiveHash = (left, right) => {
  const bytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
  return BigInt(`0x${poseidonPair(bytes(left), bytes(right)).toString("hex")}`);
};

/** SHA-256 in Poseidon's place, for what takes very many hashes; empty roots stay Poseidon's. */
export const cheapHasher: PairHasher = {
  hashPairs(pairs) {
    const digests: Buffer[] = [];
    for (let at = 0; at < pairs.length; at += PAIR_BYTES) {
      const digest = Buffer.from(sha256(pairs.subarray(at, at + PAIR_BYTES)));
      digest[0]! &= 0x0f;
      digests.push(digest);
    }
    return Buffer.concat(digests);
  },
};
