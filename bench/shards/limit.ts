import type { ShardCosts } from "./costs.js";
import { simulateShards } from "./model.js";
import type { Part, ShardPlan } from "./plan.js";

/** The highest rate that an installation follows. */
export interface Limit {
  readonly tps: number;
  /** The part that is busiest there. */
  readonly busyFirst: Part;
  /** How busy it is, 0 to 1, and the others. */
  readonly busy: Readonly<Partial<Record<Part, number>>>;
  readonly brokerCoresUsed: number;
}

/** It follows as long as so much of what comes in comes out. */
const FOLLOWS_MIN = 0.98;
/** The limit is known to this share of itself. */
const PRECISION = 0.03;
const FIRST_TPS = 10_000;
/** From a guess on the search widens by this factor until it has the limit between two rates. */
const WIDER = 1.25;

/** @param guess where to begin, in transactions a second */
export function limitOf(plan: ShardPlan, costs: ShardCosts, seed: number, guess = FIRST_TPS): Limit {
  const at = (tps: number) => simulateShards(plan, costs, tps, seed);
  const follows = (tps: number) => {
    const { publishedTps, endedTps } = at(tps);
    return endedTps >= FOLLOWS_MIN * publishedTps;
  };
  let [low, high] = [guess, guess];
  if (follows(guess)) {
    do [low, high] = [high, high * WIDER];
    while (follows(high));
  } else {
    do [low, high] = [low / WIDER, low];
    while (low > 1 && !follows(low));
  }
  while ((high - low) / high > PRECISION) {
    const middle = (low + high) / 2;
    if (follows(middle)) low = middle;
    else high = middle;
  }
  // Where it doesn't follow any more, what holds it up shows best.
  const beyond = at(high * 1.05);
  const busy = Object.entries(beyond.busy) as [Part, number][];
  const [busyFirst] = busy.reduce((most, part) => (part[1] > most[1] ? part : most));
  const { brokerCoresUsed } = at(low);
  return { tps: Math.round(low), busyFirst, busy: beyond.busy, brokerCoresUsed };
}
