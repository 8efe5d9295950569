import type { Random } from "../../simulator/kernel/random.js";

/** Chooses one of a number of items by its index. */
export type Sampler = () => number;

/** Every item as often as the others. */
export function uniformSampler(count: number, random: Random): Sampler {
  return () => random.below(count);
}

/** Zipf's law: item k (from 0) with a probability proportional to 1 / (k + 1)^exponent, by the sums of the weights. */
export function zipfSampler(count: number, exponent: number, random: Random): Sampler {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index++) {
    sum += (index + 1) ** -exponent;
    sums[index] = sum;
  }
  return () => {
    const wanted = random.fraction() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
