import { expect, it } from "vitest";
import { type RefusalCode, verifyProofFile } from "../../verifier/index.js";
import { codeOf, Sample } from "./samples.js";

/** Which file of tests reaches each code, at least. */
const REACHED_BY = {
  TRUNCATED: "files",
  OVERSIZED: "files",
  NON_CANONICAL: "files",
  VERSION: "files",
  WRONG_NETWORK: "files",
  FUTURE_EPOCH: "files",
  UNKNOWN_VALIDATOR: "files",
  SIGNERS_NOT_ASCENDING: "files",
  BAD_SIGNATURE: "files",
  NOT_A_QUORUM: "files",
  WRONG_SHARD: "files",
  WRONG_HEIGHT: "blocks",
  WRONG_BLOCK: "blocks",
  WRONG_KEY: "blocks",
  WRONG_VALUE: "blocks",
  WRONG_ROOT: "blocks",
  WRONG_INDEX: "blocks",
  UNRELATED_LEAF: "blocks",
  UNRELATED_RECEIPT: "blocks",
  WRONG_TOPIC: "blocks",
} as const satisfies Record<RefusalCode, string>;

export const sample = new Sample();

export type Case = readonly [code: RefusalCode, what: string, file: () => Uint8Array];

const seen = new Set<string>();

/** The verdict of the sample's network about a file. */
export function codeOfFile(bytes: Uint8Array): string {
  return codeOf(verifyProofFile(bytes, sample.trust));
}

/** A test for each file that is refused with that code. */
export function refusals(cases: readonly Case[]): void {
  it.each(cases)("%s: %s", (code, _, file) => {
    expect(codeOfFile(file())).toBe(code);
    seen.add(code);
  });
}

/** The last test of a file: that it has reached its codes. */
export function reachesItsCodes(by: "files" | "blocks"): void {
  it("have reached each code that they are there for", () => {
    const own = Object.entries(REACHED_BY).filter(([, reachedBy]) => reachedBy === by);
    expect(own.map(([code]) => code).filter((code) => !seen.has(code))).toEqual([]);
  });
}
