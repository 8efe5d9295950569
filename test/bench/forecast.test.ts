import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSeries } from "../../bench/forecast/read-series.js";
import type { TrainingResult } from "../../bench/forecast/training-table.js";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import type { Report } from "../../ml/evaluation/report.js";
import { sineSeries } from "../ml/support.js";

const COMMAND = join(PROJECT_ROOT, "dist", "bench", "forecast", "main.js");
const TRAINING = join(PROJECT_ROOT, "dist", "bench", "forecast", "train.js");
const TIMEOUT_MS = 180_000;
const NUMBERS = { "1": expect.any(Number), "6": expect.any(Number), "12": expect.any(Number) };

let directory: string;
/** What commands write. */
let results: string;
beforeAll(() => {
  results = mkdtempSync(join(tmpdir(), "rustorium-forecast-results-"));
  directory = mkdtempSync(join(tmpdir(), "rustorium-forecast-"));
  const { values, startS, stepS } = sineSeries(260);
  const lines = Array.from(values, (value, at) => `${startS + at * stepS},${value}`);
  writeFileSync(join(directory, "plain.csv"), `${lines.join("\n")}\n`);
  writeFileSync(
    join(directory, "packed.csv.gz"),
    gzipSync(`timestamp,value\n${lines.slice(0, 240).join("\n")}`),
  );
  writeFileSync(join(directory, "short.csv"), "timestamp,value\n1,2\n2,3\n3,4\n");
  writeFileSync(join(directory, "SERIES.tsv"), "name\tpoints\n");
});
afterAll(() => {
  for (const own of [directory, results]) rmSync(own, { recursive: true, force: true });
});

const runFile = (file: string, flags: readonly string[]) =>
  spawnSync(process.execPath, [file, ...flags], { encoding: "utf8", timeout: TIMEOUT_MS });
const run = (...flags: string[]) => runFile(COMMAND, flags);
const train = (...flags: string[]) => runFile(TRAINING, flags);

describe("npm run evaluate:forecast", () => {
  it(
    "evaluates any directory of series: JSON on standard output, progress, seeds and what was skipped on standard error",
    () => {
      const flags = ["--series", directory, "--json", "--effort", "0.005", "--seed", "7", "--members", "1"];
      const { stdout, stderr, status } = run(...flags, "--model", "gru");
      expect(status, stderr).toBe(0);
      const report = JSON.parse(stdout) as Report & { seeds: number[]; skipped: object[] };
      expect(report.seeds).toEqual([7]);
      expect(stderr).toContain("seeds 7 to 7");
      expect(report.skipped).toMatchObject([{ name: "short", code: "SERIES_TOO_SHORT" }]);
      expect(report.series.map(({ name }) => name)).toEqual(["packed", "plain"]);
      const models = [
        "gru",
        "served",
        "lastValue",
        "seasonalNaive",
        "exponentialSmoothing",
        "holtWinters",
        "ridge",
        "gradientBoosting",
      ];
      for (const of of ["mase", "pinball"] as const) {
        expect(Object.keys(report.mean[of])).toEqual(models);
        for (const figures of Object.values(report.mean[of])) expect(figures).toEqual(NUMBERS);
        for (const own of report.series) expect(own[of].ridge).toEqual(NUMBERS);
      }
      for (const effect of ["1", "3"]) {
        const policies = report.closedLoop[effect]!;
        expect(Object.keys(policies)).toEqual(["never", "threshold", "peakHold", "forecast", "oracle"]);
        expect(policies.forecast).toMatchObject({
          overloadShare: expect.any(Number),
          shardTime: expect.any(Number),
          changes: expect.any(Number),
        });
        expect(policies.threshold.shardTimeVsThreshold).toBe(1);
      }
      // A sine is no secret: last value is far behind.
      expect(report.mean.mase.ridge!["6"]!).toBeLessThan(0.2 * report.mean.mase.lastValue!["6"]!);
    },
    TIMEOUT_MS,
  );

  it(
    "draws one series, with what was forecast and done",
    () => {
      const picture = join(results, "picture.svg");
      const flags = ["--series", directory, "--effort", "0.005", "--model", "gru", "--only", "plain"];
      const { stdout, stderr, status } = run(...flags, "--json", "--picture", picture);
      expect(status, stderr).toBe(0);
      const report = JSON.parse(stdout) as Report;
      expect(report.series.map(({ name }) => name)).toEqual(["plain"]);
      const { threshold } = report.series[0]!.closedLoop["3"]!;
      const drawn = readFileSync(picture, "utf8");
      expect(drawn).toMatch(/^<svg .*<\/svg>\n$/s);
      expect(drawn).toContain(`split at 80 %: ${threshold.overloadedSteps} of ${threshold.steps} steps`);
      expect(drawn).not.toContain("NaN");
    },
    TIMEOUT_MS,
  );

  it("says what is wrong with its flags, or with the directory, and ends with 2", () => {
    for (const [flags, message] of [
      [[], "--series is missing"],
      [["--series", directory, "--model", "oracle"], "--model oracle is none of lstm, gru, transformer"],
      [["--series", directory, "--members", "0"], "--members 0 is no whole number from 1 to 16"],
      [["--series", join(directory, "nowhere")], "ENOENT"],
      [["--sereis", directory], "usage:"],
      [["--series", directory, "--only", "other"], "there is no series other"],
      [["--series", directory, "--picture", "x.svg"], "--picture needs --only"],
    ] as const) {
      const { stderr, stdout, status } = run(...flags);
      expect(stderr).toContain(message);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    }
  });
});

describe("npm run train:forecast", () => {
  it(
    "trains, keeps and judges a model: the same again with the same seed, another with series of others",
    () => {
      const file = join(results, "model.json");
      const flags = ["--synthetic", "8", "--epochs", "1", "--held-out", "6", "--architecture", "gru"];
      const trained = (...more: string[]) => {
        const { stdout, stderr, status } = train(...flags, "--json", "--out", file, ...more);
        expect(status, stderr).toBe(0);
        expect(stderr).toContain("epoch 1 of 1");
        return JSON.parse(stdout) as TrainingResult;
      };
      const result = trained();
      expect(JSON.parse(readFileSync(file, "utf8")).hash).toBe(result.hash);
      expect(result.judged.young.error.network).toHaveLength(9);
      expect(Object.keys(result.ramps)).toHaveLength(2);
      expect(trained().hash).toBe(result.hash);
      expect(trained("--series", directory).hash).not.toBe(result.hash);
      const { stdout } = train(...flags, "--out", file);
      expect(stdout).toContain(`gru, seed 1: ${result.hash}`);
      expect(stdout).toContain("| lastValue: error | ");
    },
    TIMEOUT_MS,
  );

  it("says what is wrong with its flags, and ends with 2", () => {
    const { stderr, stdout, status } = train("--architecture", "oracle");
    expect(stderr).toContain("--architecture oracle is none of lstm, gru, transformer");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

describe("the series of a directory", () => {
  it("are its .csv and .csv.gz, the rest is left alone; those too short are named with a code", () => {
    expect(readdirSync(directory)).toHaveLength(4);
    const { series, skipped } = readSeries(directory);
    expect(series.map(({ name, values }) => [name, values.length])).toEqual([
      ["packed", 240],
      ["plain", 260],
    ]);
    expect(skipped.map(({ code }) => code)).toEqual(["SERIES_TOO_SHORT"]);
  });

  it("are refused where there is none", () => {
    expect(() => readSeries(join(PROJECT_ROOT, "docs"))).toThrow("no .csv or .csv.gz");
  });
});
