import { describe, expect, it } from "vitest";
import type { MeasuredCosts } from "../../bench/scale/costs.js";
import { type Installation, installationFor } from "../../bench/scale/installation.js";
import { simulate } from "../../bench/scale/simulation.js";

const SEED = 1;
const VALIDATORS = 4;
const micros = (signature: number, main: number, broker: number) => ({
  signature: signature / 1e6,
  main: main / 1e6,
  broker: broker / 1e6,
});
const COSTS: MeasuredCosts = {
  stages: {
    validate: micros(54, 20, 8),
    "shard-assign": micros(0, 10, 8),
    execute: micros(0, 40, 15),
    vote: micros(54, 35, 4),
    finalize: micros(0, 15, 8),
    notify: micros(0, 12, 8),
  },
  bytesWritten: 1_300,
  bytesPerValidator: 280,
  hopMs: 20,
};
/** All of it for one transaction on one machine, added up by hand: 74 + 10 + 40 + 4 · 89 + 15 + 12, broker 63. */
const MICROS_OF_ALL = 570;

const ONE_MACHINE: Installation = {
  validators: VALIDATORS,
  sourcePartitions: 4,
  shards: 4,
  processes: { validate: 1, "shard-assign": 1, execute: 1, vote: 1, finalize: 1, notify: 1 },
  stageCores: 2,
  validatorCores: 0,
  isOneMachine: true,
  brokers: 1,
  brokerCores: 2,
  replication: 1,
};

describe("the model of an installation", () => {
  const limit = (2 * 1e6) / MICROS_OF_ALL;

  it("carries what its cores have time for, and no more", () => {
    const below = simulate(ONE_MACHINE, COSTS, 0.8 * limit, SEED);
    expect(below.finalTps / (0.8 * limit)).toBeCloseTo(1, 1);
    expect(below.finalP99Ms).toBeLessThan(500);
    const above = simulate(ONE_MACHINE, COSTS, 1.3 * limit, SEED);
    expect(above.finalTps).toBeLessThan(1.03 * limit);
    expect(above.finalP99Ms).toBeGreaterThan(1_000);
    expect(above.busy.machine).toBeCloseTo(1, 1);
  });

  it("gives a main thread one core, however many there are", () => {
    const slow = { ...COSTS, stages: { ...COSTS.stages, execute: micros(0, 1_000, 15) } };
    const wide = { ...installationFor(10_000, slow, VALIDATORS), shards: 1 };
    const installation = { ...wide, processes: { ...wide.processes, execute: 1 } };
    const { finalTps, busy } = simulate(installation, slow, 5_000, SEED);
    expect(finalTps).toBeLessThan(1_050);
    expect(busy["execute, main thread"]).toBeGreaterThan(0.97);
  });

  it.each([1_000, 10_000, 100_000])("plans an installation that carries %d a second at ease", (tps) => {
    const installation = installationFor(tps, COSTS, VALIDATORS);
    const { finalTps, busy } = simulate(installation, COSTS, tps, SEED);
    expect(finalTps / tps).toBeCloseTo(1, 1);
    for (const [part, share] of Object.entries(busy)) expect(share, part).toBeLessThan(0.75);
    for (const stage of ["execute", "vote", "finalize", "notify"] as const)
      expect(installation.processes[stage]).toBeLessThanOrEqual(installation.shards);
    expect(installation.brokers).toBeGreaterThanOrEqual(installation.replication);
  });

  it("says the same for the same seed", () => {
    expect(simulate(ONE_MACHINE, COSTS, 2_000, 7)).toEqual(simulate(ONE_MACHINE, COSTS, 2_000, 7));
  });
});
