import type { LatencyCounts } from "../views/metrics.js";

export type Labels = Readonly<Record<string, string | number>>;

/** A figure; undefined where it isn't known, and then no sample is given. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number | undefined;
}

export interface HistogramSample {
  readonly labels: Labels;
  readonly counts: LatencyCounts;
}

/** A family of time series. */
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
} & (
  | { readonly type: "counter" | "gauge"; readonly samples: () => readonly Sample[] }
  | { readonly type: "histogram"; readonly samples: () => readonly HistogramSample[] }
);

/** A figure of the records, in which -1 says that it isn't known. */
export function known(value: number, unitsOfOne = 1): number | undefined {
  return value < 0 ? undefined : value / unitsOfOne;
}
