import * as tf from "@tensorflow/tfjs-core";
import type { History } from "../features/history.js";
import {
  EXPERTS,
  localScale,
  type SampleBuffers,
  STATIC_FEATURES,
  STEP_FEATURES,
  STEPS,
  sampleBuffers,
  writeSample,
} from "../features/network.js";
import type { Origins } from "../parts.js";
import { type Random, sample } from "../random.js";
import { actual, TARGETS } from "../targets.js";
import type { Inputs } from "./network.js";

/** A series as the network learns from it. */
export interface Lesson {
  readonly history: History;
  /** Mean change a step in the training part, above 0: the unit of the loss, so that it is MASE. */
  readonly scale: number;
  /** Ridge forecasts of each of TARGETS from origin `ridgeFirst` on. */
  readonly ridge: readonly Float64Array[];
  readonly ridgeFirst: number;
}

export interface Samples extends SampleBuffers {
  readonly count: number;
  /** [count, TARGETS]: what came, less the last value, in local scales. */
  readonly targets: Float32Array;
  /** [count, TARGETS]: weight in the loss, 0 where nothing was measured. */
  readonly weights: Float32Array;
}

/** No sample counts more than this many times in the loss: a burst must not drown the rest. */
const WEIGHT_MAX = 8;

/** The samples of a lesson at these origins, with what came of each. */
export function samplesAt(lesson: Lesson, origins: ArrayLike<number>): Samples {
  const count = origins.length;
  const buffers = inputsAt(lesson, origins);
  const targets = new Float32Array(count * TARGETS.length);
  const weights = new Float32Array(count * TARGETS.length);
  const { history, scale } = lesson;
  for (let row = 0; row < count; row++) {
    const origin = origins[row]!;
    const unit = localScale(history, origin, scale);
    for (let target = 0; target < TARGETS.length; target++) {
      const difference = actual(history.series, origin, TARGETS[target]!) - history.series.values[origin]!;
      if (Number.isNaN(difference)) continue;
      targets[row * TARGETS.length + target] = difference / unit;
      weights[row * TARGETS.length + target] = Math.min(WEIGHT_MAX, unit / scale);
    }
  }
  return { ...buffers, count, targets, weights };
}

/** What the network sees at these origins. */
export function inputsAt(lesson: Lesson, origins: ArrayLike<number>): SampleBuffers {
  const buffers = sampleBuffers(origins.length);
  for (let row = 0; row < origins.length; row++) {
    const origin = origins[row]!;
    const ridge = lesson.ridge.map((forecasts) => forecasts[origin - lesson.ridgeFirst]!);
    writeSample(lesson.history, origin, lesson.scale, ridge, buffers, row);
  }
  return buffers;
}

/** Samples of several lessons as one lot. */
export function joined(lots: readonly Samples[]): Samples {
  const join = (part: (lot: Samples) => Float32Array) => {
    const all = new Float32Array(lots.reduce((sum, lot) => sum + part(lot).length, 0));
    let at = 0;
    for (const lot of lots) {
      all.set(part(lot), at);
      at += part(lot).length;
    }
    return all;
  };
  return {
    count: lots.reduce((sum, { count }) => sum + count, 0),
    sequence: join(({ sequence }) => sequence),
    statics: join(({ statics }) => statics),
    experts: join(({ experts }) => experts),
    targets: join(({ targets }) => targets),
    weights: join(({ weights }) => weights),
  };
}

/** Up to `count` origins of a part, drawn. */
export function drawOrigins({ first, end }: Origins, count: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
  return sample(all, count, random);
}

/** These rows of the samples as tensors. Call it inside tf.tidy. */
export function inputTensors({ sequence, statics, experts }: SampleBuffers, rows: Int32Array): Inputs {
  const count = rows.length;
  return {
    sequence: tf.reshape(rowsOf(sequence, rows, STEPS * STEP_FEATURES), [count, STEPS, STEP_FEATURES]),
    statics: rowsOf(statics, rows, STATIC_FEATURES),
    experts: tf.reshape(rowsOf(experts, rows, TARGETS.length * EXPERTS), [count, TARGETS.length, EXPERTS]),
  };
}

/** These rows of a matrix of `width` columns. */
export function rowsOf(values: Float32Array, rows: Int32Array, width: number): tf.Tensor2D {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, at) => {
    taken.set(values.subarray(row * width, (row + 1) * width), at * width);
  });
  return tf.tensor2d(taken, [rows.length, width]);
}
