import { pause } from "../../runtime/embedded/time.js";
import { PROCESSES } from "../network/process-name.js";
import { shuffled } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** Groups that are shaken, and how often. */
const GROUPS = 2;
const SHAKES = 2;
/** How long a second member stays, at most, in milliseconds. */
const STAY_MS_MAX = 800;

/** A second member joins and leaves each of two groups again and again, half of the times without a word. */
export const rebalanceStorm: Fault = async ({ network, chance }) => {
  const { children } = network;
  const names = shuffled(PROCESSES, chance).slice(0, GROUPS);
  const stays = names.map(() => Array.from({ length: SHAKES }, () => chance(STAY_MS_MAX)));
  await Promise.all(
    names.map(async (name, index) => {
      const spare = network.spareOf(name);
      for (const [shake, stayMs] of stays[index]!.entries()) {
        await children.start(spare);
        await pause(stayMs);
        await children.end(spare.name, shake % 2 === 0 ? "SIGKILL" : "SIGTERM");
      }
    }),
  );
  return { hit: names.join(" and "), overMs: Date.now() };
};
