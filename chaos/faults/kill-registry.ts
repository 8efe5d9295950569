import { poisonCases } from "../load/poison.js";
import type { Fault } from "./fault.js";

/** kill -9 of the schema registry, with records that can't be judged without it. */
export const killRegistry: Fault = async ({ network, load }) => {
  const pid = network.embedded.registryPid;
  const overMs = Date.now();
  process.kill(pid, "SIGKILL");
  await Promise.all(
    poisonCases(network.environment.schemaIds.get("transactions")!).map((publication) =>
      load.publish(publication),
    ),
  );
  return { hit: `process ${pid}`, overMs };
};
