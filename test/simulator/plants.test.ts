import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { type Failure, isFinding } from "../../simulator/options.js";
import { PLANT_NAMES, PLANTS } from "../../simulator/plants/registry.js";

/** Of a process that runs seeds: the simulator's signatures must be there before anything else is loaded. */
const REPLAY = fileURLToPath(new URL("../../dist/simulator/plants/replay.js", import.meta.url));
const README = fileURLToPath(new URL("../../simulator/plants/README.md", import.meta.url));
const PROCESSES = 2;
/** Takes seconds where nobody else needs the machine. */
const REPLAY_TIMEOUT_MS = 240_000;
const PLANTS_MIN = 20;
const SEED_MAX = 10_000;

const seeds = [...new Set(PLANT_NAMES.map((name) => PLANTS[name].found.seed))].sort((a, b) => a - b);
const failuresOf = new Map<string, readonly Failure[]>();

async function replay(names: readonly string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [REPLAY, ...names]);
  for (const line of stdout.trim().split("\n")) {
    const { name, failures } = JSON.parse(line) as { name: string; failures: readonly Failure[] };
    failuresOf.set(name, failures);
  }
}

describe("planted bugs", () => {
  beforeAll(async () => {
    const all = [...PLANT_NAMES, ...seeds.map(String)];
    const shares = Array.from({ length: PROCESSES }, (_, share) =>
      all.filter((_name, index) => index % PROCESSES === share),
    );
    await Promise.all(shares.map(replay));
  }, REPLAY_TIMEOUT_MS);

  it("are many, and none takes too many seeds", () => {
    expect(PLANT_NAMES.length).toBeGreaterThanOrEqual(PLANTS_MIN);
    expect(Math.max(...seeds)).toBeLessThanOrEqual(SEED_MAX);
  });

  it("are all in the README", () => {
    const table = readFileSync(README, "utf8");
    for (const name of PLANT_NAMES) {
      const { about, make, found } = PLANTS[name];
      const seams = Object.keys(make()).join(", ");
      expect(table).toContain(`| \`${name}\` | ${about} | ${seams} | ${found.seed} | ${found.invariant} |`);
    }
  });

  it.each(PLANT_NAMES)("%s is found", (name) => {
    const failures = failuresOf.get(name) ?? [];
    expect(
      failures.filter((failure) => isFinding(failure, PLANTS[name].found)).length,
      detail(failures),
    ).toBeGreaterThan(0);
  });

  it.each(seeds)("without any, seed %i is clean", (seed) => {
    expect(failuresOf.get(String(seed))).toEqual([]);
  });
});

function detail(failures: readonly Failure[]): string {
  return failures.map(({ invariant, detail: text }) => `${invariant}: ${text}`).join("\n");
}
