import type { Plant } from "./plant.js";

/** Every planted fault. */
export const PLANTS: readonly Plant[] = [];

/** Throws RangeError for a name that no plant has. */
export function plantNamed(name: string): Plant {
  const found = PLANTS.find((plant) => plant.name === name);
  if (!found) throw new RangeError(`no planted fault ${name}`);
  return found;
}
