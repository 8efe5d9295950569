import type { RunOptions } from "./options.js";

/** A seed that once failed, shrunk; it must never again. */
export interface Regression {
  readonly options: Omit<RunOptions, "plant">;
  /** What was wrong, in a sentence. */
  readonly about: string;
}

export const REGRESSIONS: readonly Regression[] = [
  {
    options: { seed: 2 },
    about: "a vote that somebody forged under a validator's key made the validator believe that it had voted",
  },
  {
    options: { seed: 12 },
    about: "a damaged store that was found damaged while it was opened stayed open, and so locked",
  },
  {
    options: { seed: 1_052 },
    about: "execute left a damaged store open where the chain's own record was what was damaged",
  },
];
