import { shuffled } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** How many are published again, and how far back they lie at most. */
const REPEATED = 40;
const LOOKED_BACK = 400;

/** A producer publishes what it has published before, without a key: the copies race through other partitions. */
export const repeatedSubmissions: Fault = async ({ load, chance }) => {
  const recent = load.submitted
    .slice(-LOOKED_BACK)
    .filter(({ publication }) => "transaction" in publication.content);
  const chosen = shuffled(recent, chance).slice(0, REPEATED);
  await Promise.all(
    chosen.map(({ publication }, index) =>
      load.publish({ ...publication, queue: `repeated-${index}`, key: null, sender: undefined }),
    ),
  );
  return { hit: `${chosen.length} transactions`, overMs: Date.now() };
};
