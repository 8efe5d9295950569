import { beginsWith } from "./bytes.js";
import { elementOf, FIELD_BYTES } from "./field.js";
import { emptyRoot } from "./state-digest.js";
import { POSITION_BITS, SHARD_DEPTH_MAX } from "./state-key.js";
import { type Found, type Refusal, type RefusalCode, refuse } from "./verdict.js";

// The bytes of a proof of the state; its form is written down in ledger/state-tree/proof-format.ts. Numbers have the higher
// byte first.

/** Where the search for a key ends. */
export type StateProofEnd =
  | { readonly kind: "value"; readonly valueBytes: Uint8Array }
  /** In an empty place. */
  | { readonly kind: "nothing" }
  /** At the leaf of another key. */
  | { readonly kind: "other"; readonly position: Uint8Array; readonly valueHash: Uint8Array };

/** A branch on the way from the levels that are always hashed to the end. */
export interface StateProofBranch {
  /** The bit that it branches at. */
  readonly bit: number;
  readonly sibling: bigint;
}

export interface StateProof {
  /** Prefix of the shard, bits as text. */
  readonly prefix: string;
  readonly key: Uint8Array;
  readonly end: StateProofEnd;
  /** Beside the way on each level that is always hashed, from the shard's root down. */
  readonly siblings: readonly bigint[];
  /** From above. */
  readonly branches: readonly StateProofBranch[];
}

const VERSION = 1;
/** A key begins with a placement (32 bytes) and a kind. */
const KEY_BYTES_MIN = 33;
const KEY_BYTES_MAX = 255;
const VALUE_BYTES_MAX = 65_535;
const HASH_BYTES = 32;
/** A branch for each bit below the levels that are always hashed. */
const BRANCHES_MAX = POSITION_BITS - SHARD_DEPTH_MAX;
const SHARD_BYTES = SHARD_DEPTH_MAX / 8;
/** No proof has more bytes. */
export const STATE_PROOF_BYTES_MAX =
  3 +
  SHARD_BYTES +
  (1 + KEY_BYTES_MAX) +
  (2 + VALUE_BYTES_MAX) +
  (SHARD_BYTES + SHARD_DEPTH_MAX * HASH_BYTES) +
  (1 + BRANCHES_MAX * (1 + HASH_BYTES));

/** Reads a proof; what it says is checked by `checkStateProof`. */
export function decodeStateProof(bytes: Uint8Array): Found<StateProof> {
  if (bytes.length > STATE_PROOF_BYTES_MAX) return fault("OVERSIZED");
  const cursor = new Cursor(bytes);
  const version = cursor.byte();
  if (cursor.isShort) return fault("TRUNCATED");
  if (version !== VERSION) return fault("VERSION");
  const proof = readProof(cursor);
  if (cursor.isShort) return fault("TRUNCATED");
  if (!proof) return fault("NON_CANONICAL");
  if (cursor.left > 0) return fault("OVERSIZED");
  if (!beginsWith(proof.key, proof.prefix))
    return refuse("WRONG_SHARD", "the key of the state proof is not under its prefix");
  return { ok: true, value: proof };
}

const MESSAGES = {
  TRUNCATED: "the state proof ends too soon",
  OVERSIZED: "the state proof has too many bytes",
  NON_CANONICAL: "the bytes of the state proof are not the one way to write it",
  VERSION: "the state proof is of a version that is not known",
} as const satisfies Partial<Record<RefusalCode, string>>;

function fault(code: keyof typeof MESSAGES): Refusal {
  return refuse(code, MESSAGES[code]);
}

/** Reads from the front; beyond the end it gives zeros, and remembers that it did. */
class Cursor {
  private at = 0;
  isShort = false;

  constructor(private readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) {
      this.isShort = true;
      this.at = this.bytes.length;
      return new Uint8Array(count);
    }
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** So many bits, eight a byte from the highest on; undefined where one left over is set. */
  bits(count: number): string | undefined {
    const bytes = this.take(Math.ceil(count / 8));
    const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
    return bits.includes("1", count) ? undefined : bits.slice(0, count);
  }
}

/** Undefined where the form isn't the one. */
function readProof(cursor: Cursor): StateProof | undefined {
  const endCode = cursor.byte();
  const prefixBits = cursor.byte();
  if (prefixBits > SHARD_DEPTH_MAX) return undefined;
  const prefix = cursor.bits(prefixBits);
  const key = cursor.take(cursor.byte());
  const end = readEnd(cursor, endCode);
  if (prefix === undefined || key.length < KEY_BYTES_MIN || end === undefined) return undefined;
  const siblings = readSiblings(cursor, prefixBits);
  const branches = readBranches(cursor);
  if (siblings === undefined || branches === undefined) return undefined;
  // A branch has a leaf on each side, so below one no place is empty.
  if (end.kind === "nothing" && branches.length > 0) return undefined;
  return { prefix, key, end, siblings, branches };
}

function readEnd(cursor: Cursor, code: number): StateProofEnd | undefined {
  switch (code) {
    case 0:
      return { kind: "nothing" };
    case 1: {
      const high = cursor.byte();
      return { kind: "value", valueBytes: cursor.take(256 * high + cursor.byte()) };
    }
    case 2:
      return { kind: "other", position: cursor.take(POSITION_BITS / 8), valueHash: cursor.take(HASH_BYTES) };
    default:
      return undefined;
  }
}

/** A sibling that isn't given is the empty root of its depth, and that one is never given. */
function readSiblings(cursor: Cursor, prefixBits: number): bigint[] | undefined {
  const levels = SHARD_DEPTH_MAX - prefixBits;
  const given = cursor.bits(levels);
  if (given === undefined) return undefined;
  const siblings: bigint[] = [];
  let isRight = true;
  for (let level = 0; level < levels; level++) {
    const empty = emptyRoot(prefixBits + level + 1);
    const sibling = given[level] === "1" ? elementOf(cursor.take(FIELD_BYTES)) : empty;
    if (sibling === undefined || (given[level] === "1" && sibling === empty)) isRight = false;
    siblings.push(sibling ?? empty);
  }
  return isRight ? siblings : undefined;
}

function readBranches(cursor: Cursor): StateProofBranch[] | undefined {
  const count = cursor.byte();
  if (count > BRANCHES_MAX) return undefined;
  const branches: StateProofBranch[] = [];
  let before = SHARD_DEPTH_MAX - 1;
  for (let index = 0; index < count; index++) {
    const bit = cursor.byte();
    const sibling = elementOf(cursor.take(FIELD_BYTES));
    if (bit <= before || sibling === undefined) return undefined;
    branches.push({ bit, sibling });
    before = bit;
  }
  return branches;
}
