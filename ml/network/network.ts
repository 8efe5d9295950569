import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { EXPERTS, STATIC_FEATURES, STEP_FEATURES, STEPS } from "../features/network.js";
import { TARGETS } from "../targets.js";
import { outputOfTarget } from "./loss.js";
import { OUTPUTS } from "./outputs.js";
import { attention } from "./transformer.js";

export const ARCHITECTURES = ["lstm", "gru", "transformer"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** What a network is built from; the same settings and seed, the same network. */
export interface NetworkSettings {
  readonly architecture: Architecture;
  readonly units: number;
  readonly hiddenUnits: number;
  readonly seed: number;
}

export const NETWORK_DEFAULTS: NetworkSettings = {
  architecture: "lstm",
  units: 40,
  hiddenUnits: 48,
  seed: 1,
};

/** A batch as tensors; shapes as in SampleBuffers. */
export interface Inputs {
  readonly sequence: tf.Tensor3D;
  readonly statics: tf.Tensor2D;
  readonly experts: tf.Tensor3D;
}

export interface Network {
  readonly settings: NetworkSettings;
  readonly weights: readonly tf.Variable[];
  /** Quantiles [samples, OUTPUTS] less the last value, in local scales. Call it inside tf.tidy. */
  readonly apply: (inputs: Inputs) => tf.Tensor2D;
  readonly dispose: () => void;
}

/** How much more than the others the ridge forecast counts before anything is learned. */
const RIDGE_BIAS = 2;

/**
 * A recurrent network that reads the window and says, of each target, how to mix the simple forecasts, and how far each
 * quantile lies from the mixture.
 */
export function buildNetwork(settings: NetworkSettings): Network {
  const { units, hiddenUnits, seed } = settings;
  const sequence = layers.input({ shape: [STEPS, STEP_FEATURES] });
  const statics = layers.input({ shape: [STATIC_FEATURES] });
  const read = encoder(settings, sequence);
  const joined = layers.layers.concatenate().apply([read, statics]) as layers.SymbolicTensor;
  const hidden = layers.layers
    .dense({ units: hiddenUnits, activation: "relu", kernelInitializer: glorot(seed + 3) })
    .apply(joined) as layers.SymbolicTensor;
  const mixing = layers.layers
    .dense({ units: TARGETS.length * EXPERTS, kernelInitializer: small(seed + 4) })
    .apply(hidden) as layers.SymbolicTensor;
  const offsets = layers.layers
    .dense({ units: OUTPUTS.length, kernelInitializer: small(seed + 5) })
    .apply(hidden) as layers.SymbolicTensor;
  const model = layers.model({ inputs: [sequence, statics], outputs: [mixing, offsets] });
  const preference = tf.tensor3d([[[RIDGE_BIAS, ...Array<number>(EXPERTS - 1).fill(0)]]]);
  const spread = outputOfTarget();
  return {
    settings,
    weights: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
    apply(inputs) {
      const [mix, offset] = model.apply([inputs.sequence, inputs.statics]) as [tf.Tensor2D, tf.Tensor2D];
      const shares = tf.softmax(tf.add(tf.reshape(mix, [-1, TARGETS.length, EXPERTS]), preference));
      const base = tf.sum(tf.mul(shares, inputs.experts), 2) as tf.Tensor2D;
      return tf.add(tf.matMul(base, spread), offset);
    },
    dispose() {
      model.dispose();
      tf.dispose([preference, spread]);
    },
  };

  function encoder({ architecture }: NetworkSettings, input: layers.SymbolicTensor): layers.SymbolicTensor {
    // The library's own choice, the hard sigmoid, has a costly gradient.
    const gates = { recurrentActivation: "sigmoid" } as const;
    const common = {
      units,
      ...gates,
      kernelInitializer: glorot(seed),
      recurrentInitializer: glorot(seed + 1),
    };
    if (architecture === "lstm") return layers.layers.lstm(common).apply(input) as layers.SymbolicTensor;
    if (architecture === "gru") return layers.layers.gru(common).apply(input) as layers.SymbolicTensor;
    return attention(input, units, seed);
  }
}

/** Copies of the weights, to come back to. */
export function takeWeights({ weights }: Network): Float32Array[] {
  return weights.map((weight) => Float32Array.from(weight.dataSync()));
}

export function putWeights({ weights }: Network, kept: readonly Float32Array[]): void {
  weights.forEach((weight, at) => {
    const value = tf.tensor(kept[at]!, weight.shape);
    weight.assign(value);
    value.dispose();
  });
}

const glorot = (seed: number) => layers.initializers.glorotUniform({ seed });
const small = (seed: number) => layers.initializers.randomNormal({ mean: 0, stddev: 0.02, seed });
