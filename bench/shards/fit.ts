/** What was counted, and what it took. */
export interface Observation {
  readonly counts: readonly number[];
  readonly cost: number;
}

/** A cost for each thing counted, none of them below 0. */
export interface Fit {
  readonly costs: readonly number[];
  /** Of runs of observations one after another: mean of |predicted - measured| over the mean of what was measured. */
  readonly error: number;
}

const SWEEPS = 2_000;
/** Observations whose errors are added up: one alone has a collection of garbage in it or hasn't. */
const RUN = 50;

/**
 * Costs of the things counted by least squares, each at least 0: coordinate descent on the normal equations. Observations
 * weigh by the inverse of their size, so that small ones count too: the cost of a block shows in blocks of few entries.
 */
export function fitCosts(observations: readonly Observation[]): Fit {
  const size = observations[0]?.counts.length ?? 0;
  const products = Array.from({ length: size }, () => new Float64Array(size));
  const targets = new Float64Array(size);
  for (const { counts, cost } of observations) {
    const weight =
      1 /
      Math.max(
        1,
        counts.reduce((sum, count) => sum + count, 0),
      );
    for (let row = 0; row < size; row++) {
      targets[row] = targets[row]! + weight * counts[row]! * cost;
      for (let column = 0; column < size; column++)
        products[row]![column] = products[row]![column]! + weight * counts[row]! * counts[column]!;
    }
  }
  const costs = new Float64Array(size);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let index = 0; index < size; index++) {
      const own = products[index]![index]!;
      if (own === 0) continue;
      let rest = targets[index]!;
      for (let other = 0; other < size; other++)
        if (other !== index) rest -= products[index]![other]! * costs[other]!;
      costs[index] = Math.max(0, rest / own);
    }
  }
  let missed = 0;
  let all = 0;
  for (let start = 0; start < observations.length; start += RUN) {
    let difference = 0;
    for (const { counts, cost } of observations.slice(start, start + RUN)) {
      difference += counts.reduce((sum, count, index) => sum + count * costs[index]!, 0) - cost;
      all += cost;
    }
    missed += Math.abs(difference);
  }
  return { costs: [...costs], error: all > 0 ? missed / all : 0 };
}
