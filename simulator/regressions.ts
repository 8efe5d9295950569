import { FAULT_CLASSES, type FaultClass } from "./faults/classes.js";
import type { RunOptions } from "./options.js";

/** A seed that once failed, shrunk; it must never again. */
export interface Regression {
  readonly options: Omit<RunOptions, "plant">;
  /** What was wrong, in a sentence. */
  readonly about: string;
}

/** A seed with the faults that it needs, and how many faults and transactions. */
function least(
  seed: number,
  needed: readonly FaultClass[],
  faultsMax: number,
  transactionsMax: number,
): Regression["options"] {
  const without = FAULT_CLASSES.filter((fault) => !needed.includes(fault));
  return { seed, without, faultsMax, transactionsMax };
}

/**
 * Each was seen to fail with its mend taken back. A change of what a seed draws makes them runs like any other: then take
 * the mends back and search again.
 */
export const REGRESSIONS: readonly Regression[] = [
  {
    options: least(16, ["kill", "poison-log", "poison-votes", "dishonest-validator"], 6, 5),
    about: "a vote that somebody forged under a validator's key made the validator believe that it had voted",
  },
  {
    options: least(27, ["broker-outage", "store-damaged"], 20, 1),
    about: "a store that was found damaged while it was opened stayed open, and so locked",
  },
  {
    options: least(1_200, ["lost-reply", "store-damaged", "second-producer"], 24, 52),
    about: "execute left a store open where the chain's own record was what was damaged",
  },
  {
    options: least(
      343_436,
      [
        "crash-at-effect",
        "freeze",
        "broker-outage",
        "store-rolled-back",
        "rebalance",
        "poison-log",
        "poison-votes",
        "clock-skew",
        "compaction",
      ],
      17,
      25,
    ),
    about:
      "finalize read its certificates, was stopped, and then began at positions that another member had committed meanwhile: " +
      "votes that it had never seen were behind it, and its shard stood still",
  },
];
