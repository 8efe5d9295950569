import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { STEPS } from "../features/network.js";

/**
 * A small Transformer: one block of attention with one head and a feed-forward part, each with its input added; the last
 * step's vector is what it read.
 */
export function attention(input: layers.SymbolicTensor, units: number, seed: number): layers.SymbolicTensor {
  const dense = (count: number, offset: number, activation?: "relu") =>
    layers.layers.dense({
      units: count,
      kernelInitializer: layers.initializers.glorotUniform({ seed: seed + offset }),
      ...(activation && { activation }),
    });
  const embedded = new Positions({}).apply(dense(units, 10).apply(input)) as layers.SymbolicTensor;
  const [query, key, value] = [11, 12, 13].map((offset) => dense(units, offset).apply(embedded)) as [
    layers.SymbolicTensor,
    layers.SymbolicTensor,
    layers.SymbolicTensor,
  ];
  const attended = new Attend({}).apply([query, key, value]) as layers.SymbolicTensor;
  const added = layers.layers.add().apply([embedded, attended]) as layers.SymbolicTensor;
  const normal = new Normal({}).apply(added) as layers.SymbolicTensor;
  const fed = dense(units, 15).apply(dense(2 * units, 14, "relu").apply(normal)) as layers.SymbolicTensor;
  const block = layers.layers.add().apply([normal, fed]) as layers.SymbolicTensor;
  return new LastStep({}).apply(block) as layers.SymbolicTensor;
}

/** Adds sines of the place in the sequence, as in "Attention is all you need". */
class Positions extends layers.layers.Layer {
  static readonly className = "RustoriumPositions";

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    const units = input.shape[2]!;
    const places = Array.from({ length: STEPS }, (_, step) =>
      Array.from({ length: units }, (_, unit) => {
        const angle = step / 10 ** ((4 * (unit - (unit % 2))) / units);
        return unit % 2 ? Math.cos(angle) : Math.sin(angle);
      }),
    );
    return tf.tidy(() => tf.add(input, tf.tensor3d([places])));
  }
}

/** softmax(Q Kᵀ / √d) V */
class Attend extends layers.layers.Layer {
  static readonly className = "RustoriumAttend";

  override computeOutputShape(shapes: layers.Shape | layers.Shape[]): layers.Shape {
    return (shapes as layers.Shape[])[2]!;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [query, key, value] = inputs as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    return tf.tidy(() => {
      const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(query.shape[2]));
      return tf.matMul(tf.softmax(scores), value);
    });
  }
}

/** Each step's vector with mean 0 and variance 1. The library's own layer repeats its tensors, and is fifty times slower to train. */
class Normal extends layers.layers.Layer {
  static readonly className = "RustoriumNormal";

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.tidy(() => {
      const centred = tf.sub(input, tf.mean(input, 2, true));
      return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 2, true), 1e-5)));
    });
  }
}

class LastStep extends layers.layers.Layer {
  static readonly className = "RustoriumLastStep";

  override computeOutputShape(shape: layers.Shape | layers.Shape[]): layers.Shape {
    const [samples, , units] = shape as layers.Shape;
    return [samples!, units!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.tidy(() => tf.squeeze(tf.slice(input, [0, STEPS - 1, 0], [-1, 1, -1]), [1]));
  }
}
