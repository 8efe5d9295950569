import { checkpointPlants } from "./checkpoints.js";
import { finalityPlants } from "./finality.js";
import type { Plant, PlantedBug } from "./plant.js";
import { readingPlants } from "./reading.js";
import { settlementPlants } from "./settlements.js";
import { storePlants } from "./stores.js";
import { transferPlants } from "./transfers.js";
import { trustPlants } from "./trust.js";
import { votePlants } from "./votes.js";
import { writingPlants } from "./writing.js";

const ALL = {
  ...transferPlants,
  ...settlementPlants,
  ...votePlants,
  ...trustPlants,
  ...finalityPlants,
  ...writingPlants,
  ...readingPlants,
  ...storePlants,
  ...checkpointPlants,
};

export type PlantName = keyof typeof ALL;

/** Every planted bug by its name. */
export const PLANTS: Readonly<Record<PlantName, PlantedBug>> = ALL;

export const PLANT_NAMES = Object.keys(PLANTS) as readonly PlantName[];

/** For one run. */
export function plantOf(name: PlantName): Plant {
  const { about, make } = PLANTS[name];
  return { name, about, ...make() };
}
