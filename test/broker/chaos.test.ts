import { describe, expect, it } from "vitest";
import { CRASHES } from "../../chaos/crash-points/crash-point.js";
import { renderCrashPoints, runCrashPoints } from "../../chaos/crash-points/run.js";
import type { FaultClass } from "../../chaos/faults/fault.js";
import { renderReport } from "../../chaos/storm/report.js";
import { runStorm } from "../../chaos/storm/storm.js";

/** A run takes about a minute; a busy machine may need several times that. */
const RUN_TIMEOUT_MS = 360_000;
const SEED = 20;
/** A few classes that go after different things; `npm run chaos` has them all. */
const CLASSES: readonly FaultClass[] = ["kill-execute", "second-producer", "delete-store", "drop-replies"];
/** One point of each kind of stage: with a Kafka transaction, with a store and without either. */
const POINTS = [
  "execute before-commit",
  "finalize after-commit",
  "vote-1 before-store",
  "relay after-produce",
];

const lines: string[] = [];
const say = (line: string) => void lines.push(line);

describe("the whole network, hurt on the embedded broker", { timeout: RUN_TIMEOUT_MS }, () => {
  it(`survives ${CLASSES.join(", ")} under load: nothing lost, nothing twice, value conserved`, async () => {
    const report = await runStorm({
      minutes: 5,
      seed: SEED,
      perSecond: 10,
      classes: CLASSES,
      roundsMax: 1,
      say,
    });
    process.stderr.write(`${lines.splice(0).join("\n")}\n${renderReport(report)}\n`);
    expect(report.wrong).toEqual([]);
    expect(report).toMatchObject({ lost: 0, duplicated: 0, valueConserved: true, rebuiltEqual: true });
    expect(Object.keys(report.faults).sort()).toEqual([...CLASSES].sort());
    expect(report.submitted).toBeGreaterThan(100);
    expect(report.recoveryMs).not.toBeNull();
  });

  it(`survives a death at ${POINTS.join(", ")}`, async () => {
    const crashes = CRASHES.filter(({ process: name, point }) => POINTS.includes(`${name} ${point}`));
    expect(crashes).toHaveLength(POINTS.length);
    const report = await runCrashPoints({ crashes, seed: SEED, say });
    process.stderr.write(`${lines.splice(0).join("\n")}\n${renderCrashPoints(report)}\n`);
    expect(report.wrong).toEqual([]);
    expect(report).toMatchObject({ lost: 0, duplicated: 0, valueConserved: true, rebuiltEqual: true });
    expect(report.reached).toBe(POINTS.length);
  });
});
