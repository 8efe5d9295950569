import * as tf from "@tensorflow/tfjs-core";
import { POINT_TARGETS, TARGETS } from "../targets.js";
import { OUTPUTS } from "./outputs.js";

/** Share of the loss that the forecasts of points have; the quantiles share the rest. */
const POINT_SHARE = 0.5;
/** The level that is a point's forecast. */
const MEDIAN = 0.5;

const isForecast = ({ target, level }: (typeof OUTPUTS)[number]) =>
  target < POINT_TARGETS.length && level === MEDIAN;

/**
 * Mean weighted pinball loss over all outputs, twice, so that a median's is the absolute error.
 * @param said [samples, OUTPUTS]
 * @param targets [samples, TARGETS]
 * @param weights [samples, TARGETS]
 */
export function quantileLoss(said: tf.Tensor2D, targets: tf.Tensor2D, weights: tf.Tensor2D): tf.Scalar {
  const spread = outputOfTarget();
  const levels = tf.tensor2d([OUTPUTS.map(({ level }) => level)]);
  const factors = tf.tensor2d([OUTPUTS.map(factor)]);
  const error = tf.sub(tf.matMul(targets, spread), said);
  const pinball = tf.maximum(tf.mul(levels, error), tf.mul(tf.sub(levels, 1), error));
  return tf.mul(tf.mean(tf.mul(tf.mul(pinball, factors), tf.matMul(weights, spread))), 2) as tf.Scalar;
}

/** [TARGETS, OUTPUTS]: 1 where an output is a quantile of the target. */
export function outputOfTarget(): tf.Tensor2D {
  return tf.tensor2d(TARGETS.map((_, target) => OUTPUTS.map((output) => (output.target === target ? 1 : 0))));
}

function factor(output: (typeof OUTPUTS)[number]): number {
  const points = OUTPUTS.filter(isForecast).length;
  const [share, among] = isForecast(output)
    ? [POINT_SHARE, points]
    : [1 - POINT_SHARE, OUTPUTS.length - points];
  return (share * OUTPUTS.length) / among;
}
