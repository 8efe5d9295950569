/** Weights of a linear model of each target: on features that are centred and scaled inside. */
export interface Ridge {
  readonly means: Float64Array;
  /** Of each target: a weight a feature, then the intercept. */
  readonly weights: readonly Float64Array[];
}

/** Rows of features with the targets of each; a target that is NaN is left out with its row. */
export interface LinearRows {
  readonly count: number;
  readonly features: number;
  readonly targets: number;
  /** Writes the row's features and targets. */
  readonly write: (row: number, features: Float64Array, targets: Float64Array) => void;
}

/** The sums that any strength of the penalty is solved from. */
export interface Moments {
  readonly rows: number;
  readonly features: number;
  readonly means: Float64Array;
  readonly targetMeans: Float64Array;
  /** Centred products of features, row by row. */
  readonly products: Float64Array;
  /** Of each target: centred products with the features. */
  readonly crossProducts: readonly Float64Array[];
}

/** Rows whose targets are not all there are left out. */
export function moments({ count, features, targets, write }: LinearRows): Moments {
  const row = new Float64Array(features);
  const target = new Float64Array(targets);
  const shift = new Float64Array(features);
  const shiftTarget = new Float64Array(targets);
  const means = new Float64Array(features);
  const targetMeans = new Float64Array(targets);
  const products = new Float64Array(features * features);
  const crossProducts = Array.from({ length: targets }, () => new Float64Array(features));
  let rows = 0;
  for (let at = 0; at < count; at++) {
    write(at, row, target);
    if (target.some(Number.isNaN)) continue;
    // Sums around the first row instead of around 0 keep large values from eating the digits.
    if (rows === 0) {
      shift.set(row);
      shiftTarget.set(target);
    }
    rows++;
    for (let i = 0; i < features; i++) {
      const value = row[i]! - shift[i]!;
      row[i] = value;
      means[i]! += value;
      for (let j = 0, to = i * features; j <= i; j++, to++) products[to]! += value * row[j]!;
    }
    for (let k = 0; k < targets; k++) {
      const value = target[k]! - shiftTarget[k]!;
      targetMeans[k]! += value;
      const sums = crossProducts[k]!;
      for (let i = 0; i < features; i++) sums[i]! += value * row[i]!;
    }
  }
  const divisor = Math.max(1, rows);
  for (let i = 0; i < features; i++) means[i]! /= divisor;
  for (let k = 0; k < targets; k++) targetMeans[k]! /= divisor;
  for (let i = 0; i < features; i++) {
    for (let j = 0; j <= i; j++) {
      products[i * features + j]! -= rows * means[i]! * means[j]!;
      products[j * features + i] = products[i * features + j]!;
    }
    for (let k = 0; k < targets; k++) crossProducts[k]![i]! -= rows * means[i]! * targetMeans[k]!;
  }
  return {
    rows,
    features,
    means: means.map((value, i) => value + shift[i]!),
    targetMeans: targetMeans.map((value, k) => value + shiftTarget[k]!),
    products,
    crossProducts,
  };
}

/** Least squares with a penalty on the weights of features scaled to variance 1; `penalty` is in rows. */
export function solveRidge(sums: Moments, penalty: number): Ridge {
  const { rows, features, means, targetMeans, products, crossProducts } = sums;
  const deviations = means.map((_, i) =>
    Math.sqrt(Math.max(0, products[i * features + i]! / Math.max(1, rows))),
  );
  const isUsed = deviations.map((deviation, i) => (deviation > 1e-9 * Math.abs(means[i]!) + 1e-300 ? 1 : 0));
  const system = new Float64Array(features * features);
  for (let i = 0; i < features; i++) {
    for (let j = 0; j < features; j++) {
      const isBoth = isUsed[i] && isUsed[j];
      system[i * features + j] = isBoth ? products[i * features + j]! / (deviations[i]! * deviations[j]!) : 0;
    }
    system[i * features + i]! += penalty + (isUsed[i] ? 1e-9 * rows : 1);
  }
  const lower = cholesky(system, features);
  const weights = crossProducts.map((cross, k) => {
    const scaled = solveLower(
      lower,
      cross.map((value, i) => (isUsed[i] ? value / deviations[i]! : 0)),
    );
    const own = new Float64Array(features + 1);
    for (let i = 0; i < features; i++) own[i] = isUsed[i] ? scaled[i]! / deviations[i]! : 0;
    own[features] = targetMeans[k]!;
    return own;
  });
  return { means, weights };
}

/** The forecast of one target. */
export function ridgeForecast({ means, weights }: Ridge, target: number, features: Float64Array): number {
  const own = weights[target]!;
  let sum = own[means.length]!;
  for (let i = 0; i < means.length; i++) sum += own[i]! * (features[i]! - means[i]!);
  return sum;
}

/** The lower triangle L with L Lᵀ = the symmetric, positive definite matrix. */
function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[j * size + j]!;
    }
  }
  return lower;
}

/** Solves L Lᵀ x = right. */
function solveLower(lower: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const solution = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= lower[i * size + k]! * solution[k]!;
    solution[i]! /= lower[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) solution[i]! -= lower[k * size + i]! * solution[k]!;
    solution[i]! /= lower[i * size + i]!;
  }
  return solution;
}
