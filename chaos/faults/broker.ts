import { pause } from "../../runtime/embedded/time.js";
import type { Fault } from "./fault.js";

const FROZEN_MS = 4_000;

/** kill -9 of the broker; whoever started it starts it again on what it has written. */
export const killBroker: Fault = async ({ network }) => {
  const pid = network.embedded.brokerPid;
  const overMs = Date.now();
  process.kill(pid, "SIGKILL");
  return { hit: `process ${pid}`, overMs };
};

/** The broker stands still for longer than a session, as in a long collection of garbage. */
export const freezeBroker: Fault = async ({ network }) => {
  const pid = network.embedded.brokerPid;
  process.kill(pid, "SIGSTOP");
  await pause(FROZEN_MS);
  process.kill(pid, "SIGCONT");
  return { hit: `process ${pid}`, overMs: Date.now() };
};
