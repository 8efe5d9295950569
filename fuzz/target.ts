import type { Chance } from "./chance.js";

/** Every fuzz target; `registry.ts` has one for each. */
export const TARGET_NAMES = [
  "avro-records",
  "foreign-schemas",
  "validate",
  "rlp",
  "ethereum-transactions",
  "ed25519-transfers",
  "addresses",
  "amounts",
  "shard-log",
  "finality",
  "stages",
  "gateway-requests",
  "gateway-views",
  "settings",
  "genesis",
  "state-proofs",
  "proof-files",
] as const;

export type TargetName = (typeof TARGET_NAMES)[number];

/** Something that reads bytes from outside, and what must hold whatever they are. */
export interface Target {
  /** What it reads and from whom, in a sentence. */
  readonly about: string;
  /** Outcomes that there are: what is refused has a stable code, what is taken has one of its own. */
  readonly codes: ReadonlySet<string>;
  /** Good and bad inputs that mutation starts from; at least one. */
  readonly corpus: readonly Buffer[];
  /** A new input, mostly a changed one of the corpus. */
  next(chance: Chance): Buffer;
  /**
   * Reads the input and checks what must hold; whatever it throws is a failure.
   * @returns the outcome's code, or one for each part of the input
   */
  check(input: Buffer): Outcome | Promise<Outcome>;
}

export type Outcome = string | readonly string[];

/** What must hold doesn't. */
export class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Violation";
  }
}

/** Throws Violation where the condition is false. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Violation(message);
}
