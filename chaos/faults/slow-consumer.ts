import { pause } from "../../runtime/embedded/time.js";
import { PROCESSES } from "../network/process-name.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";

const DURATION_MS = 6_000;
/** In each turn the process may run this long and is stopped for that long, in milliseconds. */
const RUNNING_MS = 50;
const STOPPED_MS = 350;

/** A process gets an eighth of the time: it stays in its group, and everything waits for it. */
export const slowConsumer: Fault = async ({ network, chance }) => {
  const name = pick(PROCESSES, chance);
  const pid = network.children.startOf(name)?.pid;
  const endMs = Date.now() + DURATION_MS;
  while (pid !== undefined && Date.now() < endMs) {
    process.kill(pid, "SIGSTOP");
    await pause(STOPPED_MS);
    process.kill(pid, "SIGCONT");
    await pause(RUNNING_MS);
  }
  return { hit: name, overMs: Date.now() };
};
