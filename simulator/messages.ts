import type { RunOptions, RunResult } from "./options.js";
import type { PlantName } from "./plants/registry.js";
import type { Shrunk } from "./shrink.js";

/** What a worker is asked to do. Plants don't travel: a worker finds them by name. */
export type Task =
  | { readonly kind: "run"; readonly options: Omit<RunOptions, "plant">; readonly plant?: PlantName }
  | {
      readonly kind: "shrink";
      readonly seed: number;
      readonly invariant: string;
      readonly plant?: PlantName;
    };

/** What it answers, in the order of the tasks. */
export type Done =
  | { readonly kind: "run"; readonly result: RunResult }
  | { readonly kind: "shrink"; readonly shrunk: Shrunk };
