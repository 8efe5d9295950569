import { pause } from "../../runtime/embedded/time.js";
import { PROCESSES } from "../network/process-name.js";
import { ProgressWatch } from "../progress/progress-watch.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** How long the second member has to take over, in milliseconds. */
const TAKE_OVER_BOUND_MS = 30_000;
/** The same for a member that executes shards: without their stores it executes their whole logs first. */
const EXECUTE_AND_TAKE_OVER_BOUND_MS = 180_000;
/** How long the two are left to each other after the first one wakes up, in milliseconds. */
const TOGETHER_MS = 1_500;

/** A second member takes over from one that is frozen with work in its hands; then that one wakes up and goes on. */
export const zombieMember: Fault = async ({ network, chance }) => {
  const { children, environment, sessionTimeoutMs } = network;
  const name = pick(PROCESSES, chance);
  const spare = network.spareOf(name);
  await children.start(spare);
  const pid = children.startOf(name)?.pid;
  const watch = await ProgressWatch.start(environment, name);
  const boundMs = /^(?:execute|vote-)/.test(name) ? EXECUTE_AND_TAKE_OVER_BOUND_MS : TAKE_OVER_BOUND_MS;
  const wrong: string[] = [];
  try {
    if (pid !== undefined) process.kill(pid, "SIGSTOP");
    const givenUpMs = Date.now() + sessionTimeoutMs;
    if ((await watch.firstSince(givenUpMs, boundMs + sessionTimeoutMs)) === undefined)
      wrong.push(`nobody took over from the frozen ${name} within ${boundMs} ms`);
  } finally {
    if (pid !== undefined) process.kill(pid, "SIGCONT");
    await watch.stop();
  }
  await pause(TOGETHER_MS);
  await children.end(spare.name, "SIGTERM");
  return { hit: name, overMs: Date.now(), wrong };
};
