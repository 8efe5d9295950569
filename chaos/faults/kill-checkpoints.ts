import { CHECKPOINTS, VALIDATORS } from "../network/process-name.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";
import { spoilStore } from "./spoil-store.js";

/**
 * kill -9 of the process that certifies states; half of the time one of its stores is gone or spoilt when it comes back. How
 * soon it signs again isn't measured: nothing waits for it. That it has caught up is checked at the end (chaos/check/roots.ts).
 */
export const killCheckpoints: Fault = async ({ network, chance }) => {
  const { children } = network;
  await children.end(CHECKPOINTS, "SIGKILL");
  const overMs = Date.now();
  let hit: string = CHECKPOINTS;
  if (chance(2) === 0) {
    const { partition } = pick(network.working, chance);
    const group = `checkpoint-${1 + chance(VALIDATORS)}`;
    hit = `${hit}, ${group}-${partition} ${spoilStore(network.storeOf(group, partition), chance)}`;
  }
  await children.start(network.planOf(CHECKPOINTS));
  return { hit, overMs };
};
