import { type Chance, seeded } from "../simulator/kernel/random.js";

export { type Chance, seeded };

/** One of a list that isn't empty. */
export function pick<T>(chance: Chance, list: readonly T[]): T {
  return list[chance(list.length)]!;
}
