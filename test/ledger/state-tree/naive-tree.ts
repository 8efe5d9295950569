import { createHash } from "node:crypto";
import { poseidon2 } from "poseidon-lite/poseidon2";

// The tree by its definition, from all leaves anew each time. Nothing of the ledger's is used.

/** Levels that are always hashed. */
const ALWAYS_HASHED = 16;
const LEAF = 1n << 128n;
const SKIP = 2n << 128n;

/** Poseidon of two numbers. */
export type NaiveHash = (left: bigint, right: bigint) => bigint;

export const poseidonLite: NaiveHash = (left, right) => poseidon2([left, right]);

const sha = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const numberOf = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const bitsOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");

/** Position of a key as 256 characters. */
export function naivePosition(key: Buffer): string {
  const rest = sha(Buffer.from("rustorium/state-position/v1\0"), key);
  return bitsOf(Buffer.concat([key.subarray(0, 2), rest.subarray(2)]));
}

function leafOf(key: Buffer, value: Buffer, hash: NaiveHash): bigint {
  const position = Buffer.concat([
    key.subarray(0, 2),
    sha(Buffer.from("rustorium/state-position/v1\0"), key).subarray(2),
  ]);
  const content = sha(Buffer.from("rustorium/state-leaf/v1\0"), position, sha(value));
  return hash(LEAF + numberOf(content.subarray(0, 16)), numberOf(content.subarray(16)));
}

/** Root of the tree under a prefix, over values by key in hex. */
export function naiveRoot(prefix: string, values: ReadonlyMap<string, Buffer>, hash: NaiveHash): Buffer {
  const leaves = Array.from(values, ([hex, value]) => {
    const key = Buffer.from(hex, "hex");
    return { position: naivePosition(key), digest: leafOf(key, value, hash) };
  }).filter(({ position }) => position.startsWith(prefix));
  const empty = new Map<number, bigint>([[ALWAYS_HASHED, 0n]]);
  for (let depth = ALWAYS_HASHED - 1; depth >= 0; depth--) {
    const below = empty.get(depth + 1)!;
    empty.set(depth, hash(below, below));
  }
  const digest = (depth: number, some: typeof leaves): bigint => {
    const under = (bit: number, side: string) =>
      digest(
        bit + 1,
        some.filter(({ position }) => position[bit] === side),
      );
    if (some.length === 0 && depth <= ALWAYS_HASHED) return empty.get(depth)!;
    if (depth < ALWAYS_HASHED) return hash(under(depth, "0"), under(depth, "1"));
    if (some.length === 1) return some[0]!.digest;
    let bit = depth;
    while (some.every(({ position }) => position[bit] === some[0]!.position[bit])) bit++;
    const node = hash(under(bit, "0"), under(bit, "1"));
    return bit > depth ? hash(node, SKIP + BigInt(bit)) : node;
  };
  return Buffer.from(digest(prefix.length, leaves).toString(16).padStart(64, "0"), "hex");
}
