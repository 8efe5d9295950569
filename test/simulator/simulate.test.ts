import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { REGRESSIONS } from "../../simulator/regressions.js";
import type { SimulationReport } from "../../simulator/simulate.js";
import { inWorkers } from "./workers.js";

/** Seeds that every CI run goes through: some minutes' worth. */
const SEEDS = 500;
const FIRST_SEED = 1;
const TIMEOUT_MS = 600_000;

function simulateCommand(...flags: string[]) {
  const done = spawnSync(process.execPath, ["bin/rustorium.js", "simulate", ...flags], {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

describe("the simulator", () => {
  it(
    `finds nothing wrong in ${SEEDS} seeds, and runs of a seed are the same`,
    () => {
      const { code, stdout } = simulateCommand(
        "--seeds",
        String(SEEDS),
        "--seed",
        String(FIRST_SEED),
        "--json",
      );
      const report = JSON.parse(stdout) as SimulationReport;
      expect(report.failures).toEqual([]);
      expect(code).toBe(0);
      expect(report.seeds).toBe(SEEDS);
      expect(report.eventsMin).toBeGreaterThanOrEqual(2_000);
      expect(report.faultsMin).toBeGreaterThanOrEqual(10);
      expect(report.runTwice).toBe(SEEDS / 100);
      expect(report.realSignatures).toBe(SEEDS / 50);
      // Faults of every class did happen.
      expect(Object.keys(report.faults)).toHaveLength(23);
      console.log(`${report.seedsPerMinute} seeds a minute on ${availableParallelism()} cores`);
    },
    TIMEOUT_MS,
  );

  it(
    "finds nothing wrong any more in seeds that failed once",
    async () => {
      const results = await inWorkers(REGRESSIONS.map(({ options }) => ({ kind: "run", options })));
      expect(results.map(({ seed, failures }) => ({ seed, failures }))).toEqual(
        REGRESSIONS.map(({ options }) => ({ seed: options.seed, failures: [] })),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "ends with exit code 1 on a failure, names seed and invariant, and shrinks it",
    () => {
      const { code, stdout } = simulateCommand("--seeds", "12", "--plant", "double-credit", "--json");
      expect(code).toBe(1);
      const { failures } = JSON.parse(stdout) as SimulationReport;
      expect(failures.length).toBeGreaterThan(0);
      const { seed, invariant, shrunk } = failures[0]!;
      expect(shrunk).toMatchObject({ seed, invariant });
      // Nobody has to fail for a wrong rule to show.
      expect(shrunk!.faultsMax).toBe(0);
      expect(shrunk!.transactionsMax).toBeLessThan(40);
    },
    TIMEOUT_MS,
  );

  it("refuses numbers that are none", () => {
    const { code, stderr } = simulateCommand("--seeds", "many");
    expect(code).toBe(2);
    expect(stderr).toContain("BAD_USAGE");
  });
});
