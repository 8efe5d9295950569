import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CalibrationScript, Observation } from "../../simulator/calibration/cluster.js";
import { runReal } from "../../simulator/calibration/real.js";
import { CALIBRATION_SCRIPTS } from "../../simulator/calibration/scripts.js";
import { runSimulated } from "../../simulator/calibration/simulated.js";
import { START_TIMEOUT_MS, TEST_TIMEOUT_MS, TestCluster } from "./support.js";

/** Seeds of the simulated cluster: what it shows must not depend on them. */
const SEEDS = [1, 2, 3, 4, 5];

describe("the simulated Kafka and the real one give the same observations", () => {
  let cluster: TestCluster;
  const real = new Map<CalibrationScript, Promise<Observation[]>>();

  beforeAll(async () => {
    cluster = await TestCluster.start();
    // Most of them wait for time-outs, so they run beside each other.
    for (const script of CALIBRATION_SCRIPTS) {
      const observations = runReal(script, cluster.settings("calibration").brokers);
      observations.catch(() => undefined);
      real.set(script, observations);
    }
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await Promise.allSettled(real.values());
    await cluster?.stop();
  });

  it.each(CALIBRATION_SCRIPTS)("$name", { timeout: TEST_TIMEOUT_MS }, async (script) => {
    const observations = await real.get(script)!;
    expect(observations.length).toBeGreaterThan(0);
    for (const seed of SEEDS) {
      expect(await runSimulated(script, seed), `seed ${seed}`).toEqual(observations);
    }
  });
});
