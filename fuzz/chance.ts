import { type seeded as makeSeeded, seeded } from "../test/support/load.js";

/** A whole number from 0 to below its argument; depends on the seed and the calls before alone. */
export type Chance = ReturnType<typeof makeSeeded>;

export { seeded };

/** One of a list that isn't empty. */
export function pick<T>(chance: Chance, list: readonly T[]): T {
  return list[chance(list.length)]!;
}
