import { sleep } from "../../runtime/clock.js";
import type { CalibrationCluster } from "./cluster.js";

/** Longest wait for one condition, in milliseconds of the cluster's clock. */
const UNTIL_MS_MAX = 25_000;
const POLL_MS = 15;

/** Waits until a condition holds. Throws naming what did not come about. */
export async function until(
  { clock }: Pick<CalibrationCluster, "clock">,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const endMs = clock.now() + UNTIL_MS_MAX;
  while (!(await condition())) {
    if (clock.now() > endMs) throw new Error(`not within ${UNTIL_MS_MAX} ms: ${what}`);
    await sleep(clock, POLL_MS);
  }
}
