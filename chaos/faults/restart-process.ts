import { PROCESSES } from "../network/process-name.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** A process is asked to stop, and started again: it leaves its group in good order. */
export const restartProcess: Fault = async ({ network, chance }) => {
  const name = pick(PROCESSES, chance);
  await network.children.end(name, "SIGTERM");
  await network.children.start(network.planOf(name));
  return { hit: name, overMs: Date.now() };
};
