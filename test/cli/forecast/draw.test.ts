import { describe, expect, it } from "vitest";
import { bandAt } from "../../../cli/forecast/band.js";
import { wrapped } from "../../../cli/forecast/canvas.js";
import { DECISIONS_SHOWN, drawShard, WIDTH } from "../../../cli/forecast/draw.js";
import type { LoadQuantile, ShardLoad, ShownDecision } from "../../../cli/forecast/model.js";

const NOW_MS = Date.UTC(2026, 0, 2, 12, 10, 0);
const FROM_MS = NOW_MS - 600_000;
const plain = { fromMs: FROM_MS, nowMs: NOW_MS, isColoured: false };

function quantile(toSeconds: number, level: number, transactionsPerSecond: number): LoadQuantile {
  return { fromSeconds: 0, toSeconds, level, transactionsPerSecond };
}

function decision(fields: Partial<ShownDecision> = {}): ShownDecision {
  return {
    ...{ at: FROM_MS + 300_000, kind: "SPLIT", shards: [2], rule: "FORECAST_LOAD", isDryRun: false },
    ...{ reason: "900 of 1,000 expected", outcome: null },
    ...fields,
  };
}

/** A load that rises from 0 to 790 of 1,000. */
function shardLoad(fields: Partial<ShardLoad> = {}): ShardLoad {
  const load = Array.from({ length: 600 }, (_, second) => ({
    at: FROM_MS + 1_000 * (second + 1),
    transactionsPerSecond: (790 * second) / 599,
  }));
  const quantiles = [quantile(30, 0.5, 800), quantile(30, 0.9, 850), quantile(120, 0.5, 900)];
  const forecast = {
    ...{ at: NOW_MS, source: "lstm", model: "ab".repeat(32), reason: "" },
    quantiles: [...quantiles, quantile(120, 0.95, 1_200), quantile(120, 0.99, 9_000)],
  };
  return {
    ...{ shard: 2, path: "1.2", capacity: 1_000, isCapacityMeasured: true, load, forecast, decisions: [] },
    ...fields,
  };
}

/** Rows of the picture, the highest first, without the axis. */
const rows = (lines: readonly string[]) =>
  lines.filter((line) => line[8] === "┤").map((line) => line.slice(9).padEnd(WIDTH - 9));

describe("drawShard", () => {
  it("fits the width, and says who it is", () => {
    const reason = `${"expected ".repeat(30)}${"x".repeat(200)}`;
    const lines = drawShard(shardLoad({ decisions: [decision({ reason })] }), plain);
    expect(lines[0]).toBe("shard 2 (1.2): 790 a second, 79 % of 1,000 (measured)");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(WIDTH);
  });

  it("draws the load by its height, with times below", () => {
    const lines = drawShard(shardLoad({ forecast: null }), plain);
    const bottom = rows(lines).at(-1)!;
    expect(bottom.at(-1)).toBe("█");
    const heights = Array.from(
      { length: 71 },
      (_, x) => rows(lines).filter((row) => "▁▂▃▄▅▆▇█".includes(row[x]!)).length,
    );
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect([heights[0], heights.at(-1)]).toEqual([1, 7]);
    expect(lines.find((line) => line.includes("UTC"))).toMatch(/12:00:00 +12:10:00 UTC$/);
    expect(lines.join("\n")).toContain("no forecast in the last minute");
  });

  it("leaves a gap where nothing was measured", () => {
    const { load } = shardLoad();
    const gap = load.filter(({ at }) => at < FROM_MS + 200_000 || at > FROM_MS + 400_000);
    const bottom = rows(drawShard(shardLoad({ load: gap, forecast: null }), plain)).at(-1)!;
    expect(bottom.slice(26, 45).trim()).toBe("");
    expect(bottom[10]).not.toBe(" ");
  });

  it("draws capacity and 80 % of it, and only tells of a capacity that is far above", () => {
    const lines = drawShard(shardLoad(), plain);
    expect(lines.find((line) => line.startsWith("  1,000 ┤"))).toContain("────");
    expect(lines.find((line) => line.startsWith("   80 % ┤"))).toContain("╌╌╌╌");
    const far = drawShard(shardLoad({ capacity: 10_000 }), plain);
    expect(far[0]).toContain("10,000 (measured, above this picture)");
    expect(far.join("\n")).not.toMatch(/[─╌]/);
    expect(rows(far).some((row) => "▇█".includes(row[52]!))).toBe(true);
  });

  it("draws the forecast ahead of now, the median and up to the 0.95 quantile", () => {
    const lines = drawShard(shardLoad(), plain);
    const ahead = rows(lines).map((row) => row.slice(53));
    expect(ahead.every((row) => !/[▁▂▃▄▅▆▇█]/.test(row))).toBe(true);
    const median = ahead.filter((row) => row.endsWith("▒")).length;
    const high = ahead.filter((row) => /[▒░]$/.test(row)).length;
    expect([median, high]).toEqual([6, 9]);
    // The first window is lower than the longest.
    expect(ahead.filter((row) => /^[▒░]/.test(row)).length).toBeLessThan(high);
    expect(lines.join("\n")).toContain("+120 s");
    expect(lines.join("\n")).toContain(
      "forecast by lstm abababab: 900 (median) to 1,200 a second within 120 s",
    );
  });

  it("says why no network made the forecast", () => {
    const forecast = { ...shardLoad().forecast!, source: "trend", model: "", reason: "NO_MODEL" };
    expect(drawShard(shardLoad({ forecast }), plain).join("\n")).toMatch(/by trend: .*; NO_MODEL/);
  });

  it("marks decisions where they were made, and tells what came of them", () => {
    const outcome = { result: "DONE", at: NOW_MS, text: "done in 2.5 s" };
    const decisions = [decision(), decision({ at: NOW_MS, kind: "MERGE", shards: [2, 3], outcome })];
    const lines = drawShard(shardLoad({ decisions }), plain);
    const marks = lines.find((line) => /^ +1 +2$/.test(line))!;
    expect([marks.indexOf("1") - 9, marks.indexOf("2") - 9]).toEqual([26, 52]);
    expect(lines).toContain("  1 12:05:00 split 2 (FORECAST_LOAD): 900 of 1,000 expected");
    expect(lines).toContain("    → not known yet");
    expect(lines).toContain("  2 12:10:00 merge 2 and 3 (FORECAST_LOAD): 900 of 1,000 expected");
    expect(lines).toContain("    → done in 2.5 s");
  });

  it("tells no more decisions than it has digits, the newest, and none from before the picture", () => {
    const before = decision({ at: FROM_MS - 1, reason: "long ago" });
    const many = Array.from({ length: 20 }, (_, n) => decision({ at: FROM_MS + n, reason: `number ${n}` }));
    const text = drawShard(shardLoad({ decisions: [before, ...many] }), plain).join("\n");
    expect(text.match(/→/g)).toHaveLength(DECISIONS_SHOWN);
    expect(text).toContain("number 19");
    expect(text).not.toContain("long ago");
  });

  it("lets no text from a topic steer the terminal", () => {
    const decisions = [decision({ reason: "a\u001b[2Jb\u009bc\nd" })];
    const forecast = { ...shardLoad().forecast!, reason: "\u001b]0;x\u0007" };
    const text = drawShard(shardLoad({ path: "\u001b[1m", decisions, forecast }), plain).join("");
    expect(text).not.toMatch(/\p{C}/u);
    expect(text).toContain("a[2Jbcd");
  });

  it("colours what is near the capacity and above it, without another character", () => {
    const load = [
      { at: FROM_MS + 1_000, transactionsPerSecond: 500 },
      { at: FROM_MS + 300_000, transactionsPerSecond: 900 },
      { at: NOW_MS, transactionsPerSecond: 1_100 },
    ];
    const coloured = drawShard(shardLoad({ load }), { ...plain, isColoured: true });
    const bottom = coloured.filter((line) => line[8] === "┤").at(-1)!;
    for (const code of [32, 33, 31, 36]) expect(bottom).toContain(`\u001b[0;${code}m`);
    const bare = coloured.map((line) => line.replaceAll(/\p{Cc}\[[0-9;]*m/gu, "").trimEnd());
    expect(bare).toEqual(drawShard(shardLoad({ load }), plain));
  });

  it("draws a shard without load, without capacity", () => {
    const idle = drawShard(shardLoad({ load: [], capacity: 0, forecast: null }), plain);
    expect(idle[0]).toBe("shard 2 (1.2): 0 a second, 0 (measured)");
  });
});

describe("bandAt", () => {
  it("takes the shortest window around a moment, else the next moment", () => {
    const windows = shardLoad().forecast!.quantiles;
    expect(bandAt(windows, 10)).toEqual({ median: 800, high: 850 });
    expect(bandAt(windows, 31)).toEqual({ median: 900, high: 1_200 });
    expect(bandAt(windows, 121)).toBeUndefined();
    const moments = [30, 60].map((second) => ({ ...quantile(second, 0.5, second), fromSeconds: second }));
    expect(bandAt(moments, 31)).toEqual({ median: 60, high: 60 });
  });
});

describe("wrapped", () => {
  it("breaks at spaces, and cuts what has none", () => {
    expect(wrapped("one two three", 8, " ")).toEqual(["one two", " three"]);
    expect(wrapped("abcdefghijkl", 5, " ")).toEqual(["abcde", " fghi", " jkl"]);
  });
});
