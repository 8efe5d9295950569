/** Outcomes that "lately" means. */
export const LATELY_STEPS = 200;
/** The model must have been worse by this factor before the baseline takes its place, and better before it comes back. */
export const LATELY_MARGIN = 1.02;

/**
 * Of each origin 1 where the baseline's forecast is to be used: the mean absolute error of the model, over the last outcomes
 * that were known by then, was above the baseline's. NaN errors (nothing measured) are passed over.
 * @param ahead steps until the outcome of a forecast is known
 */
export function fallbacks(
  model: ArrayLike<number>,
  baseline: ArrayLike<number>,
  ahead: number,
  lately = LATELY_STEPS,
): Uint8Array {
  const chosen = new Uint8Array(model.length);
  let modelSum = 0;
  let baselineSum = 0;
  let isFallen = 0;
  const add = (at: number, sign: number) => {
    if (at < 0 || Number.isNaN(model[at]!) || Number.isNaN(baseline[at]!)) return;
    modelSum += sign * Math.abs(model[at]!);
    baselineSum += sign * Math.abs(baseline[at]!);
  };
  for (let at = 0; at < model.length; at++) {
    add(at - ahead, 1);
    add(at - ahead - lately, -1);
    if (modelSum > LATELY_MARGIN * baselineSum + 1e-9 * Math.abs(modelSum)) isFallen = 1;
    else if (modelSum <= baselineSum) isFallen = 0;
    chosen[at] = isFallen;
  }
  return chosen;
}
