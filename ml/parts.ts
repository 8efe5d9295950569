import { MlError } from "./failure.js";
import type { Series } from "./series.js";

/** Shares of a series: what is learned from, and what is tuned on; the rest is forecast. */
export const TRAIN_SHARE = 0.6;
export const TUNE_SHARE = 0.1;
/** Steps that a forecast looks ahead. */
export const HORIZONS = [1, 6, 12] as const;
export const HORIZON_MAX = 12;
/** Values that the network sees one by one. */
export const WINDOW = 48;
/** A series needs this many steps: a few windows to learn from, and some to forecast. */
export const SERIES_STEPS_MIN = 200;

/** Ends (exclusive) of the parts of a series. */
export interface Parts {
  readonly trainEnd: number;
  readonly tuneEnd: number;
  readonly end: number;
}

/** @throws MlError SERIES_TOO_SHORT */
export function partsOf(series: Series): Parts {
  const end = series.values.length;
  if (end < SERIES_STEPS_MIN)
    throw new MlError("SERIES_TOO_SHORT", `${series.name} has ${end} steps, of at least ${SERIES_STEPS_MIN}`);
  return {
    trainEnd: Math.floor(end * TRAIN_SHARE),
    tuneEnd: Math.floor(end * (TRAIN_SHARE + TUNE_SHARE) + 1e-9),
    end,
  };
}

/** Steps from which forecasts are made: the last value known is at `origin`, all targets lie in the same part. */
export interface Origins {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

export const trainOrigins = ({ trainEnd }: Parts): Origins => ({
  first: WINDOW - 1,
  end: trainEnd - HORIZON_MAX,
});
export const tuneOrigins = ({ trainEnd, tuneEnd }: Parts): Origins => ({
  first: trainEnd - 1,
  end: tuneEnd - HORIZON_MAX,
});
/** All that may be learned from before the last part is forecast. */
export const pastOrigins = ({ tuneEnd }: Parts): Origins => ({
  first: WINDOW - 1,
  end: tuneEnd - HORIZON_MAX,
});
export const evaluatedOrigins = ({ tuneEnd, end }: Parts): Origins => ({
  first: tuneEnd - 1,
  end: end - HORIZON_MAX,
});
