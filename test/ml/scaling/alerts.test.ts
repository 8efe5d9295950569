import { describe, expect, it } from "vitest";
import { OUTPUTS } from "../../../ml/network/outputs.js";
import { Alerts } from "../../../ml/scaling/alerts.js";
import { LoadHistory } from "../../../ml/scaling/load-history.js";
import type { ShardFigures, ShardMetrics } from "../../../schemas/generated.js";
import { latencyCounts, shardMetrics } from "../../gateway/measurements.js";

const T0 = 1_700_000_000_000;

/** Alerts of a shard that was calm for a while, and then is like this for a second. */
function codesAfterCalm(
  figures: Partial<ShardFigures>,
  fields: Partial<ShardMetrics> = {},
  expected = 1_000,
): string[] {
  const alerts = new Alerts();
  const history = LoadHistory.empty("2");
  const forecast = new Float32Array(OUTPUTS.length).fill(expected);
  const calm = { refused: 0, latencyCounts: latencyCounts(500, 0) };
  for (let second = 0; second < 70; second++) {
    history.add(T0 + 1_000 * second, 500);
    expect(alerts.of(shardMetrics(calm), history, forecast, T0 + 1_000 * second)).toEqual([]);
  }
  const metrics = shardMetrics({ ...calm, ...figures }, fields);
  history.add(T0 + 70_000, metrics.figures.transactions);
  const found = alerts.of(metrics, history, forecast, T0 + 70_000);
  expect(alerts.of(metrics, history, forecast, T0 + 71_000)).toEqual([]);
  for (const { message, evidence } of found) {
    expect(message).toMatch(/^Shard 2 [a-z].*\.$/);
    expect(evidence.length).toBeGreaterThan(0);
  }
  return found.map(({ code }) => code);
}

describe("alerts", () => {
  it("tell what is unusual, once", () => {
    expect(codesAfterCalm({})).toEqual([]);
    expect(codesAfterCalm({ transactions: 1_000 })).toEqual(["GROWTH"]);
    expect(codesAfterCalm({ transactions: 900 }, {}, 550)).toEqual(["FORECAST_MISSED"]);
    expect(codesAfterCalm({ refused: 100 })).toEqual(["REFUSALS"]);
    expect(codesAfterCalm({}, { workPpm: 900_000 })).toEqual(["BOTTLENECK"]);
    expect(codesAfterCalm({}, { usedPpm: 1_000_000 })).toEqual(["NO_CAPACITY"]);
    expect(codesAfterCalm({ hottest: [{ account: Buffer.alloc(20), transactions: 300 }] })).toEqual([
      "HOT_ACCOUNT",
    ]);
    expect(codesAfterCalm({ latencyCounts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 500, 0, 0, 0] })).toEqual(["LATENCY"]);
  });
});
