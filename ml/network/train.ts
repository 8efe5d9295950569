import * as tf from "@tensorflow/tfjs-core";
import { type Random, sample } from "../random.js";
import { TARGETS } from "../targets.js";
import { quantileLoss } from "./loss.js";
import type { Network } from "./network.js";
import { inputTensors, rowsOf, type Samples } from "./samples.js";

export interface Training {
  readonly epochs: number;
  /** Learning rate at the beginning, and at the end of a cosine. */
  readonly rate: number;
  readonly rateEnd: number;
}

/** Samples that the network takes at once. */
export const BATCH = 256;
/** Gradients are shortened to this length. */
const GRADIENT_MAX = 1;

/**
 * Trains with Adam on samples in shuffled batches, one batch a turn: between two turns a caller may do other work.
 * Yields after each batch; returns the mean loss of the last epoch.
 */
export function* trainingTurns(
  network: Network,
  samples: Samples,
  { epochs, rate, rateEnd }: Training,
  random: Random,
  afterEpoch: (epoch: number, loss: number) => void = () => {},
): Generator<void, number> {
  const optimizer = new Adam(rate, 0.9, 0.999);
  const batches = Math.ceil(samples.count / BATCH);
  const all = Int32Array.from({ length: samples.count }, (_, at) => at);
  let step = 0;
  let loss = Number.NaN;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = sample(all, samples.count, random);
      let sum = 0;
      for (let batch = 0; batch < batches; batch++) {
        const progress = step++ / Math.max(1, epochs * batches - 1);
        optimizer.setRate(rateEnd + 0.5 * (rate - rateEnd) * (1 + Math.cos(Math.PI * progress)));
        const rows = order.subarray(batch * BATCH, (batch + 1) * BATCH);
        sum += turn(network, optimizer, samples, rows) * rows.length;
        yield;
      }
      loss = sum / samples.count;
      afterEpoch(epoch, loss);
    }
  } finally {
    optimizer.dispose();
  }
  return loss;
}

/** The same at one go. */
export function train(
  ...[network, samples, training, random, afterEpoch]: Parameters<typeof trainingTurns>
): void {
  for (const _ of trainingTurns(network, samples, training, random, afterEpoch));
}

/** Mean loss on samples. */
export function lossOn(network: Network, samples: Samples): number {
  let sum = 0;
  for (let from = 0; from < samples.count; from += BATCH) {
    const rows = Int32Array.from({ length: Math.min(BATCH, samples.count - from) }, (_, at) => from + at);
    const part = tf.tidy(() => batchLoss(network, samples, rows)().dataSync()[0]!);
    sum += part * rows.length;
  }
  return sum / Math.max(1, samples.count);
}

class Adam extends tf.AdamOptimizer {
  setRate(rate: number): void {
    this.learningRate = rate;
  }
}

function turn(network: Network, optimizer: Adam, samples: Samples, rows: Int32Array): number {
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(batchLoss(network, samples, rows), [...network.weights]);
    const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)));
    const length = Math.sqrt(tf.addN(squares).dataSync()[0]!);
    const factor = Math.min(1, GRADIENT_MAX / Math.max(length, 1e-12));
    // A batch with a gradient that is no number is passed over: it would spoil every weight.
    if (Number.isFinite(length))
      optimizer.applyGradients(
        Object.entries(grads).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, factor) })),
      );
    return value.dataSync()[0]!;
  });
}

function batchLoss(network: Network, samples: Samples, rows: Int32Array): () => tf.Scalar {
  const inputs = inputTensors(samples, rows);
  const targets = rowsOf(samples.targets, rows, TARGETS.length);
  const weights = rowsOf(samples.weights, rows, TARGETS.length);
  return () => quantileLoss(network.apply(inputs), targets, weights);
}
