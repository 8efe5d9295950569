import { badCases } from "../../cli/start/bad-cases.js";
import { DEFAULT_PARAMETERS } from "../../ledger/genesis/genesis.js";
import type { RejectCode } from "../../ledger/reject-reasons.js";
import type { Publication } from "./submitted.js";

/** Bad inputs of the demonstration that are refused for their form, whichever network gets them. */
const FORMAL: readonly RejectCode[] = [
  "TOMBSTONE",
  "MALFORMED",
  "UNKNOWN_SCHEMA",
  "NON_CANONICAL",
  "TOO_LARGE",
];

/** One of each kind of nonsense that a producer can publish. */
export function poisonCases(schemaId: number): Publication[] {
  const { transactionBytesMax } = DEFAULT_PARAMETERS;
  return badCases({ schemaId, transactionBytesMax, nonce: 1 })
    .filter(({ code }) => FORMAL.includes(code))
    .map(({ code, key, value }) => ({
      queue: "poison",
      key,
      content: { bytes: value },
      sender: undefined,
      expectation: { kind: "rejected", code },
    }));
}
