import type { Random } from "../random.js";

/** From this mean on a Poisson number is drawn as a normal one. */
const POISSON_MEAN_MAX = 30;

/** Evenly between two numbers. */
export const between = (random: Random, least: number, most: number) => least + random() * (most - least);

/** Each order of magnitude as likely as another. @param least above 0 */
export const logBetween = (random: Random, least: number, most: number) =>
  least * Math.exp(random() * Math.log(most / least));

/** A normal number with mean 0 and deviation 1 (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** How many of independent events with this mean there are (Knuth's product of draws; normal where there are many). */
export function poisson(random: Random, mean: number): number {
  if (mean > POISSON_MEAN_MAX) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const bound = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > bound; product *= random()) count++;
  return count;
}

/** What is measured of a load that should be `mean` a second. */
export type Noise = (mean: number) => number;

/** Mostly counts that come by chance; now and then a load that a program paces, or one that chance scatters more. */
export function drawNoise(random: Random): Noise {
  const kind = random();
  if (kind < 0.6) return (mean) => poisson(random, mean);
  if (kind < 0.85) {
    const spread = between(random, 0, 0.03);
    return (mean) => Math.max(0, Math.round(mean * (1 + spread * normal(random))));
  }
  const spread = between(random, 0.1, 0.4);
  return (mean) => poisson(random, mean * Math.exp(spread * normal(random) - (spread * spread) / 2));
}
