import { cpSync, existsSync, rmSync } from "node:fs";
import { pause } from "../../runtime/embedded/time.js";
import type { ChaosNetwork } from "../network/chaos-network.js";
import { PROCESSES, type ProcessName, STORING_PROCESSES } from "../network/process-name.js";
import { ProgressWatch } from "../progress/progress-watch.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** How long the second member has to take over, in milliseconds. */
const TAKE_OVER_BOUND_MS = 30_000;
/** How long the two are left to each other after the first one wakes up, in milliseconds. */
const TOGETHER_MS = 1_500;

/**
 * Gives the second member the first one's local stores, as a machine that is kept ready has them: with none it would execute
 * the whole log before it took over, and for all that time nobody would be fenced. Losing stores is another class's business.
 * Stopped for the copy, the first one leaves what a kill would: whole batches, and perhaps a last one that is cut.
 */
function copyStores(network: ChaosNetwork, name: ProcessName, pid: number): void {
  if (!STORING_PROCESSES.includes(name)) return;
  process.kill(pid, "SIGSTOP");
  try {
    for (const { partition } of network.environment.network.topology.shards) {
      const [from, to] = [network.storeOf(name, partition), network.spareStoreOf(name, partition)];
      rmSync(to, { recursive: true, force: true });
      if (existsSync(from)) cpSync(from, to, { recursive: true });
    }
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** A second member takes over from one that is frozen with work in its hands; then that one wakes up and goes on. */
export const zombieMember: Fault = async ({ network, chance }) => {
  const { children, environment, sessionTimeoutMs } = network;
  const name = pick(PROCESSES, chance);
  const spare = network.spareOf(name);
  const pid = children.startOf(name)?.pid;
  if (pid !== undefined) copyStores(network, name, pid);
  await children.start(spare);
  const watch = await ProgressWatch.start(environment, name);
  const wrong: string[] = [];
  try {
    if (pid !== undefined) process.kill(pid, "SIGSTOP");
    const givenUpMs = Date.now() + sessionTimeoutMs;
    if ((await watch.firstSince(givenUpMs, TAKE_OVER_BOUND_MS + sessionTimeoutMs)) === undefined)
      wrong.push(`nobody took over from the frozen ${name} within ${TAKE_OVER_BOUND_MS} ms`);
  } finally {
    if (pid !== undefined) process.kill(pid, "SIGCONT");
    await watch.stop();
  }
  await pause(TOGETHER_MS);
  await children.end(spare.name, "SIGTERM");
  return { hit: name, overMs: Date.now(), wrong };
};
