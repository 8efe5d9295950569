import { type Random, seededRandom } from "../random.js";
import { LoadHistory } from "../scaling/load-history.js";
import type { Series } from "../series.js";
import { drawCourse } from "./course.js";
import { between, drawNoise, logBetween } from "./noise.js";

/** Seconds of a series. */
const STEPS_LEAST = 60;
const STEPS_MOST = 1_200;

/** Any time: the second of the first value. */
const START_S = 1_700_000_000;

/** A shard's load as it might be measured, transactions a second; the same seed, the same series. */
export function syntheticLoad(seed: number): Series {
  const random = seededRandom(seed);
  const steps = Math.round(logBetween(random, STEPS_LEAST, STEPS_MOST));
  return measured(`synthetic ${seed}`, drawCourse(steps, random), random);
}

/** What is measured of a course: with noise, seconds whose end counts to the next, and gaps. */
export function measured(name: string, course: readonly number[], random: Random): Series {
  const noise = drawNoise(random);
  const counts = course.map(noise);
  if (random() < 0.4) passOn(counts, between(random, 0, 0.3), random);
  if (random() < 0.15) leaveOut(counts, random);
  const history = LoadHistory.empty(name);
  counts.forEach((count, at) => {
    history.add((START_S + at) * 1_000, count);
  });
  return history.series;
}

/** A block that ends late has the next second's transactions, too. */
function passOn(counts: number[], share: number, random: Random): void {
  let late = 0;
  for (let at = 0; at < counts.length; at++) {
    const passed = Math.round(counts[at]! * share * random());
    counts[at]! += late - passed;
    late = passed;
  }
}

function leaveOut(counts: number[], random: Random): void {
  for (let gaps = Math.ceil(4 * random()); gaps > 0; gaps--) {
    const first = 1 + Math.floor(random() * (counts.length - 1));
    counts.fill(Number.NaN, first, first + Math.round(logBetween(random, 1, 30)));
  }
}
