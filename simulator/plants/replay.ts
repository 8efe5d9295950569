import { register } from "node:module";
import type { PlantName } from "./registry.js";

// First of all: whatever is loaded from here on gets the simulator's signatures. So nothing is imported statically.
register("../crypto/hooks.js", import.meta.url);
const { runSeed } = await import("../run.js");
const { PLANTS, plantOf } = await import("./registry.js");

// Runs what is named, each a planted bug or the number of a seed without one, and writes the failures as a line of JSON.
for (const name of process.argv.slice(2)) {
  const seed = Number(name);
  const { failures } = Number.isNaN(seed) ? await replay(name as PlantName) : await runSeed({ seed });
  process.stdout.write(`${JSON.stringify({ name, failures })}\n`);
}

function replay(name: PlantName) {
  const { found } = PLANTS[name];
  return runSeed({ seed: found.seed, plant: plantOf(name), until: found });
}
