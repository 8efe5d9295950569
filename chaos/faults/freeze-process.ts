import { pause } from "../../runtime/embedded/time.js";
import { PROCESSES } from "../network/process-name.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** How much longer than its session a process is frozen, in milliseconds. */
const BEYOND_SESSION_MS = 1_500;

/** SIGSTOP until the group has given the process up, then SIGCONT: it finds itself expelled. */
export const freezeProcess: Fault = async ({ network, chance }) => {
  const name = pick(PROCESSES, chance);
  const pid = network.children.startOf(name)?.pid;
  if (pid !== undefined) process.kill(pid, "SIGSTOP");
  await pause(network.sessionTimeoutMs + BEYOND_SESSION_MS);
  if (pid !== undefined) process.kill(pid, "SIGCONT");
  return { hit: name, overMs: Date.now() };
};
