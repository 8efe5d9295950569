import * as tf from "@tensorflow/tfjs-core";
import { localScale } from "../features/network.js";
import type { Origins } from "../parts.js";
import { TARGETS } from "../targets.js";
import type { Network } from "./network.js";
import { firstOutput, OUTPUTS } from "./outputs.js";
import { inputsAt, inputTensors, joined, type Lesson, type Samples } from "./samples.js";
import { BATCH } from "./train.js";

/** Quantiles [origins, OUTPUTS] in the series' unit, from each origin of a part: none below 0, those of a target rising. */
export function forecastPart(network: Network, lesson: Lesson, { first, end }: Origins): Float32Array {
  const said = new Float32Array(Math.max(0, end - first) * OUTPUTS.length);
  for (let from = first; from < end; from += BATCH) {
    const origins = Array.from({ length: Math.min(BATCH, end - from) }, (_, at) => from + at);
    said.set(forecastAt(network, [{ lesson, origins }]), (from - first) * OUTPUTS.length);
  }
  return said;
}

/** The same for origins of several series in one batch, as a tick of a network needs them: rows in the order asked. */
export function forecastAt(
  network: Network,
  asked: readonly { readonly lesson: Lesson; readonly origins: readonly number[] }[],
): Float32Array {
  const none = new Float32Array(0);
  const samples: Samples = joined(
    asked.map(({ lesson, origins }) => ({
      ...inputsAt(lesson, origins),
      count: origins.length,
      targets: none,
      weights: none,
    })),
  );
  const rows = Int32Array.from({ length: samples.count }, (_, row) => row);
  const said = Float32Array.from(tf.tidy(() => network.apply(inputTensors(samples, rows)).dataSync()));
  let row = 0;
  for (const { lesson, origins } of asked) {
    for (const origin of origins) {
      const last = lesson.history.series.values[origin]!;
      const unit = localScale(lesson.history, origin, lesson.scale);
      const own = said.subarray(row * OUTPUTS.length, (row + 1) * OUTPUTS.length);
      for (let output = 0; output < OUTPUTS.length; output++)
        own[output] = Math.max(0, last + unit * own[output]!);
      sortWithinTargets(own);
      row++;
    }
  }
  return said;
}

const STARTS = [...TARGETS.map((_, target) => firstOutput(target)), OUTPUTS.length];

/** Quantiles that cross are put in order. */
export function sortWithinTargets(row: Float32Array): void {
  for (let target = 0; target < TARGETS.length; target++)
    row.subarray(STARTS[target], STARTS[target + 1]).sort();
}
