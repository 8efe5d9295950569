import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partsOf, SERIES_STEPS_MIN } from "../../ml/parts.js";
import { HELD_STEPS_MAX, type Point, toSeries } from "../../ml/series.js";
import { parseSeriesCsv } from "../../ml/series-csv.js";

const hourly = (values: readonly number[]): Point[] =>
  values.map((value, at) => ({ timeS: at * 3_600, value }));

describe("a series", () => {
  it("lies on a grid of the median step, whatever the order of its points", () => {
    const points = [
      { timeS: 120, value: 3 },
      { timeS: 0, value: 1 },
      { timeS: 61, value: 2 },
      { timeS: 180, value: 4 },
    ];
    const { stepS, startS, values } = toSeries("s", points);
    expect({ stepS, startS, values: [...values] }).toEqual({ stepS: 60, startS: 0, values: [1, 2, 3, 4] });
  });

  it("marks gaps, fills short ones with the last value and long ones with the day before", () => {
    const values = Array.from({ length: 60 }, (_, at) => at);
    const missing = HELD_STEPS_MAX + 3;
    const points = hourly(values).filter(
      ({ timeS }) => timeS < 30 * 3_600 || timeS >= (30 + missing) * 3_600,
    );
    const series = toSeries("s", points);
    expect([...series.isObserved].filter((one) => one === 0)).toHaveLength(missing);
    expect([...series.values.subarray(30, 30 + HELD_STEPS_MAX)]).toEqual(Array(HELD_STEPS_MAX).fill(29));
    expect([...series.values.subarray(30 + HELD_STEPS_MAX, 30 + missing)]).toEqual([18, 19, 20]);
  });

  it("takes NaN, infinite and negative values as not measured, and zeros as they are", () => {
    const series = toSeries("s", hourly([5, Number.NaN, 0, Number.POSITIVE_INFINITY, -1, 7]));
    expect([...series.values]).toEqual([5, 5, 0, 0, 0, 7]);
    expect([...series.isObserved]).toEqual([1, 0, 1, 0, 0, 1]);
  });

  it("takes the last of several values of one step: a meter that was restarted and counts again", () => {
    const points = [...hourly([5, 6, 7, 8]), { timeS: 2 * 3_600, value: 1 }];
    expect([...toSeries("s", points).values]).toEqual([5, 6, 1, 8]);
  });

  it("is filled from the past alone: what comes later changes nothing before", () => {
    const value = fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 10, maxLength: 80 }),
        fc.integer({ min: 5, max: 9 }),
        (values, cut) => {
          fc.pre(values.slice(0, cut).some((own) => !Number.isNaN(own)));
          const all = toSeries("s", hourly(values));
          const some = toSeries("s", hourly(values.slice(0, cut)));
          expect([...all.values.subarray(0, cut)]).toEqual([...some.values]);
          expect(all.values.every((own) => own >= 0)).toBe(true);
        },
      ),
    );
  });

  it("is refused with a code where there is nothing in it, or too much", () => {
    expect(() => toSeries("s", [])).toThrow(expect.objectContaining({ code: "SERIES_EMPTY" }));
    expect(() => toSeries("s", hourly([Number.NaN, Number.NaN, Number.NaN]))).toThrow(
      expect.objectContaining({ code: "SERIES_EMPTY" }),
    );
    expect(() => toSeries("s", hourly([1, 2]))).toThrow(
      expect.objectContaining({ code: "SERIES_TOO_SHORT" }),
    );
    const far = [...hourly([1, 2, 3]), { timeS: 1e12, value: 1 }];
    expect(() => toSeries("s", far)).toThrow(expect.objectContaining({ code: "SERIES_TOO_LONG" }));
  });
});

describe("lines of timestamp,value", () => {
  it("may have headers, quotes, milliseconds, ISO dates and empty values", () => {
    const text = 'timestamp,value\n# a comment, too\n"1600000000","1.5"\r\n1600000060,\n1600000120,2\n\n';
    expect([...parseSeriesCsv("s", text).values]).toEqual([1.5, 1.5, 2]);
    const millis = parseSeriesCsv("s", "1600000000000,1\n1600000060000,2\n1600000120000,3");
    expect(millis).toMatchObject({ startS: 1_600_000_000, stepS: 60 });
    const iso = parseSeriesCsv(
      "s",
      "2020-09-13 12:26:40,1\n2020-09-13T12:27:40Z,2\n2020-09-13T14:28:40+02:00,3",
    );
    expect(iso).toMatchObject({ startS: 1_600_000_000, stepS: 60 });
    expect([...iso.values]).toEqual([1, 2, 3]);
  });

  it("are refused where there is none", () => {
    expect(() => parseSeriesCsv("s", "nothing\nat all")).toThrow(
      expect.objectContaining({ code: "SERIES_UNREADABLE" }),
    );
  });
});

describe("the parts of a series", () => {
  it("are 60, 10 and 30 percent", () => {
    const series = toSeries("s", hourly(Array.from({ length: 1_000 }, (_, at) => at)));
    expect(partsOf(series)).toEqual({ trainEnd: 600, tuneEnd: 700, end: 1_000 });
  });

  it("are refused where it is too short for them", () => {
    const series = toSeries("s", hourly(Array(SERIES_STEPS_MIN - 1).fill(1)));
    expect(() => partsOf(series)).toThrow(expect.objectContaining({ code: "SERIES_TOO_SHORT" }));
  });
});
