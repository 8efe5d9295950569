/** Mean of the values, 0 of none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Quantile with interpolation between neighbours; NaN of none. `level` from 0 to 1. */
export function quantile(values: ArrayLike<number>, level: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), level);
}

/** The same of values that are sorted already. */
export function quantileOfSorted(sorted: ArrayLike<number>, level: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = level * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

/** Maximum of values[from] to values[to], both included. */
export function maximumBetween(values: ArrayLike<number>, from: number, to: number): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (let at = from; at <= to; at++) if (values[at]! > maximum) maximum = values[at]!;
  return maximum;
}

/** Sums of the first n values, so that the mean of any stretch costs one subtraction. */
export function prefixSums(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let at = 0; at < values.length; at++) sums[at + 1] = sums[at]! + values[at]!;
  return sums;
}
