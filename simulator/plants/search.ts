import { register } from "node:module";
import type { PlantName } from "./registry.js";

// Looks for the smallest seed that finds each planted bug, after a change of faults, load or stages has moved them:
// `npm run build && node dist/simulator/plants/search.js [NAME...]`. A line of JSON each; seed null: none finds it.
register("../crypto/hooks.js", import.meta.url);
const { runSeed } = await import("../run.js");
const { isFinding } = await import("../options.js");
const { PLANT_NAMES, PLANTS, plantOf } = await import("./registry.js");

/** Seeds after which a bug counts as not found. */
const SEEDS_MAX = 1_000;

for (const name of process.argv.length > 2 ? (process.argv.slice(2) as PlantName[]) : PLANT_NAMES) {
  const { found } = PLANTS[name];
  let seed: number | null = null;
  for (let tried = 1; tried <= SEEDS_MAX && seed === null; tried++) {
    const { failures } = await runSeed({ seed: tried, plant: plantOf(name), until: found });
    if (failures.some((failure) => isFinding(failure, found))) seed = tried;
  }
  process.stdout.write(`${JSON.stringify({ name, recorded: found.seed, seed })}\n`);
}
