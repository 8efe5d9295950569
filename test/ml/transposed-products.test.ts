import * as tf from "@tensorflow/tfjs-core";
// Registers the gradients.
import "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "../../ml/network/backend.js";

beforeAll(async () => {
  expect(await useBackend("wasm")).toBe("wasm");
});

describe("products of transposed matrices on the wasm backend", () => {
  const a = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const b = [
    [7, 8],
    [9, 10],
    [11, 12],
  ];
  const turned = (rows: number[][]) => rows[0]!.map((_, column) => rows.map((row) => row[column]!));
  const product = [
    [58, 64],
    [139, 154],
  ];

  it("are the same as written out, whichever is transposed, and leave nothing behind", () => {
    const before = tf.memory();
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const result = tf.tidy(() =>
          tf
            .matMul(
              tf.tensor2d(transposeA ? turned(a) : a),
              tf.tensor2d(transposeB ? turned(b) : b),
              transposeA,
              transposeB,
            )
            .arraySync(),
        );
        expect(result).toEqual(product);
      }
    }
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
  });

  it("work on batches, and on one matrix for all of a batch", () => {
    const batch = tf.tidy(() =>
      tf.matMul(tf.tensor3d([turned(a), turned(a)]), tf.tensor3d([b]), true, false).arraySync(),
    );
    expect(batch).toEqual([product, product]);
  });

  it("are what gradients are made of", () => {
    const gradient = tf.tidy(() =>
      tf
        .grad((x: tf.Tensor) => tf.sum(tf.matMul(x, tf.tensor2d(b))))(tf.tensor2d(a))
        .arraySync(),
    );
    expect(gradient).toEqual([
      [15, 19, 23],
      [15, 19, 23],
    ]);
  });
});

describe("backends", () => {
  it("are refused with a code where they aren't installed", async () => {
    await expect(useBackend("tensorflow")).rejects.toMatchObject({ code: "BACKEND_MISSING" });
    expect(await useBackend("cpu")).toBe("cpu");
    expect(await useBackend()).toBe("wasm");
  });
});
