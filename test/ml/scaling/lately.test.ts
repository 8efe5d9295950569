import { describe, expect, it } from "vitest";
import { OUTPUTS } from "../../../ml/network/outputs.js";
import { Lately } from "../../../ml/scaling/lately.js";
import { LoadHistory } from "../../../ml/scaling/load-history.js";
import type { Source } from "../../../ml/scaling/sources.js";

/** Says the same number for every output. */
const said = (value: number) => new Float32Array(OUTPUTS.length).fill(value);

/** Each source has said so much, second by second, and 100 came each time. */
function judgedAfter(seconds: number, sources: Partial<Record<Source, number>>): Lately {
  const lately = Lately.empty();
  for (let second = 0; second < seconds; second++) {
    lately.judge(second, () => 100);
    const forecasts = Object.entries(sources).map(
      ([source, value]) => [source as Source, said(value)] as const,
    );
    lately.said(second, new Map(forecasts));
  }
  return lately;
}

describe("what is believed", () => {
  it("is the network where it was no worse than the simple ones", () => {
    const lately = judgedAfter(100, { network: 101, ridge: 103, trend: 110 });
    expect(lately.choose(new Set(["network", "ridge", "trend"]))).toEqual({ source: "network", reason: "" });
  });

  it("is a simple one, and says why, where the network was worse", () => {
    const lately = judgedAfter(100, { network: 120, ridge: 110, trend: 105 });
    const { source, reason } = lately.choose(new Set(["network", "ridge", "trend"]));
    expect(source).toBe("trend");
    expect(reason).toBe("the network was 300 % worse than trend lately");
  });

  it("is a simple one while little is known, or without a network", () => {
    expect(judgedAfter(20, { network: 101, trend: 150 }).choose(new Set(["network", "trend"])).source).toBe(
      "trend",
    );
    expect(judgedAfter(100, { ridge: 101, trend: 150 }).choose(new Set(["ridge", "trend"]))).toMatchObject({
      source: "ridge",
      reason: "there is no network, or too short a past for it",
    });
  });

  it("is the straight line where it sees a ramp that the one believed doesn't, and only there", () => {
    const history = (values: readonly number[]) => {
      const own = LoadHistory.empty("1");
      for (const [second, value] of values.entries()) own.add(second * 1_000, value);
      return own;
    };
    const calm = Array.from({ length: 40 }, (_, second) => 100 + (second % 3));
    const ramp = [...calm, 150, 200, 250];
    const next = (values: readonly number[], network: number, trend: number) =>
      judgedAfter(40, { network: 100, trend: 150 }).next(
        history(values),
        new Map([
          ["network", said(network)],
          ["trend", said(trend)],
        ]),
      );
    expect(next(ramp, 120, 600)).toEqual({
      source: "trend",
      reason: "a ramp that network doesn't see yet",
    });
    expect(next(ramp, 700, 600).source).toBe("network");
    expect(next(calm, 120, 600).source).toBe("network");
  });

  it("judges nothing by what isn't known", () => {
    const lately = Lately.empty();
    lately.said(0, new Map([["trend", said(1)]]));
    lately.judge(50, () => undefined);
    expect(lately.ratio("trend", "trend")).toBeUndefined();
  });

  it("compares two by what both of them forecast", () => {
    const lately = Lately.empty();
    for (let second = 0; second < 150; second++) {
      // Long ago nothing could be foreseen, and the network had nothing to say.
      lately.judge(second, (fromS) => (fromS < 80 ? 1_000 : 100));
      const own: [Source, Float32Array][] = second < 90 ? [] : [["network", said(115)]];
      lately.said(second, new Map([["trend", said(110)], ...own]));
    }
    expect(lately.ratio("network", "trend")).toBeCloseTo(1.5);
    expect(lately.choose(new Set(["network", "trend"])).source).toBe("trend");
  });

  it("is in shards that begin what it was in those before them", () => {
    const good = judgedAfter(100, { network: 101, trend: 110 });
    const bad = judgedAfter(100, { network: 300, trend: 101 });
    const both = new Set<Source>(["network", "trend"]);
    expect(Lately.inherited([good]).choose(both).source).toBe("network");
    expect(Lately.inherited([bad]).choose(both).source).toBe("trend");
    expect(Lately.inherited([good, bad]).choose(both).source).toBe("trend");
    expect(Lately.inherited([]).choose(both).reason).toContain("too little is known");
  });
});
