import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GateReport } from "../../bench/gate/gate.js";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { decideToolchain, detectToolchain, jarsPresent } from "../../runtime/embedded/index.js";

const GATE_TIMEOUT_MS = 300_000;
const needs = { jarsPresent: jarsPresent({ projectRoot: PROJECT_ROOT }) };
const hasBroker = decideToolchain(await detectToolchain(), needs).mode === "embedded";

describe("the speed of the pipeline", () => {
  it.skipIf(!hasBroker)(
    "is within a quarter of what was recorded, as a share of the signature limit, in the best of three short runs",
    () => {
      const run = spawnSync(
        process.execPath,
        [join(PROJECT_ROOT, "dist", "bench", "main.js"), "--scenario", "gate"],
        { encoding: "utf8", timeout: GATE_TIMEOUT_MS },
      );
      const report = JSON.parse(run.stdout) as GateReport;
      expect(report, run.stderr.split("\n").slice(-5).join("\n")).toMatchObject({ passed: true });
      expect(run.status).toBe(0);
    },
    GATE_TIMEOUT_MS,
  );
});
