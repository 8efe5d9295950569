import type { Chance } from "../../simulator/kernel/random.js";

/** One of the items. Throws RangeError where there is none. */
export function pick<T>(items: readonly T[], chance: Chance): T {
  const item = items[chance(items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

/** The items in another order. */
export function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = chance(last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
