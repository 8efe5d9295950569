import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cohortOf } from "../../processors/placement/cohort.js";
import { LoadMeter } from "../../processors/placement/load-meter.js";
import { decodeNote, encodeNote } from "../../processors/placement/note.js";
import {
  decodeReport,
  encodeReport,
  REPORT_BYTES_MAX,
  REPORTED_MAX,
  type Report,
} from "../../processors/placement/report.js";

const SECOND_MS = 1_000;

const use = (busy: number, overhead = 1) => ({ busy, overhead });

/** A meter of partition 0 that has caught up, and worked so many milliseconds of each second from then on. */
function worked(stepMs: number, seconds: number): { meter: LoadMeter; nowMs: number } {
  const meter = new LoadMeter();
  meter.assigned(new Set([0]), 0);
  meter.fetched(0, "log", 0, 0);
  let nowMs = 0;
  for (let second = 1; second <= seconds; second++) {
    nowMs = second * SECOND_MS;
    meter.stepped(0, { taken: 100, stepMs, performMs: 100 }, nowMs);
  }
  return { meter, nowMs };
}

describe("a load meter", () => {
  it("finds the share of time that steps take, however short ago they began", () => {
    for (const seconds of [4, 10, 60]) {
      const { meter, nowMs } = worked(300, seconds);
      expect(meter.report(100, use(0), nowMs).held[0]!.work).toBeCloseTo(0.3, 1);
    }
  });

  it("forgets load that is over", () => {
    const { meter, nowMs } = worked(800, 30);
    expect(meter.report(100, use(0), nowMs + 60 * SECOND_MS).held[0]!.work).toBeLessThan(0.01);
  });

  it("knows nothing of a partition that still catches up, until a minute is over", () => {
    const meter = new LoadMeter();
    meter.assigned(new Set([0]), 0);
    const workAt = (second: number) => {
      meter.fetched(0, "log", 10_000, second * SECOND_MS);
      meter.stepped(0, { taken: 100, stepMs: 900, performMs: 0 }, second * SECOND_MS);
      return meter.report(100, use(1), second * SECOND_MS);
    };
    for (let second = 1; second <= 60; second++) expect(workAt(second).held[0]!.work).toBeUndefined();
    expect(workAt(60).elsewhere).toBe(0);
    for (let second = 61; second < 80; second++) workAt(second);
    expect(workAt(80).held[0]!.work).toBeCloseTo(0.9, 1);
    // 10,000 records of 9 ms each.
    expect(workAt(81).held[0]!.lag).toBeCloseTo(90, 0);
  });

  it("measures a partition without records as idle", () => {
    const meter = new LoadMeter();
    meter.assigned(new Set([0]), 0);
    meter.report(100, use(0), 6 * SECOND_MS);
    expect(meter.report(100, use(0), 10 * SECOND_MS).held).toEqual([{ number: 0, work: 0, lag: 0 }]);
  });

  it("counts what the process does besides as elsewhere", () => {
    const { meter, nowMs } = worked(300, 60);
    expect(meter.report(100, use(0.8), nowMs).elsewhere).toBeCloseTo(0.5, 1);
    expect(meter.report(100, use(0.1), nowMs).elsewhere).toBe(0);
  });

  it("counts with the steps what goes with them", () => {
    const { meter, nowMs } = worked(100, 60);
    const { held, elsewhere } = meter.report(100, use(0.4, 4), nowMs);
    expect(held[0]!.work).toBeCloseTo(0.4, 1);
    expect(elsewhere).toBeCloseTo(0, 1);
  });

  it("says that a halted partition is stuck, also for a while after it went to another member", () => {
    const { meter, nowMs } = worked(1, 1);
    meter.failed(0, true);
    expect(meter.report(100, use(0), nowMs).stuck).toEqual([0]);
    meter.assigned(new Set([1]), nowMs);
    const after = meter.report(100, use(0), nowMs + 60 * SECOND_MS);
    expect(after.stuck).toEqual([0]);
    expect(after.held.map(({ number }) => number)).toEqual([1]);
    expect(meter.report(100, use(0), nowMs + 3_600 * SECOND_MS).stuck).toEqual([]);
  });

  it("says so of one that keeps failing while the group answers, and not of one whose broker is away", () => {
    const { meter, nowMs } = worked(1, 1);
    for (let failures = 0; failures < 20; failures++) meter.failed(0, false);
    expect(meter.report(100, use(0), nowMs).stuck).toEqual([]);
    for (let look = 0; look < 3; look++) {
      expect(meter.report(100, use(0), nowMs).stuck).toEqual([]);
      meter.failed(0, false);
      meter.looked();
      // It still waits to be opened again.
      meter.looked();
    }
    expect(meter.report(100, use(0), nowMs).stuck).toEqual([0]);
    meter.stepped(0, { taken: 1, stepMs: 1, performMs: 1 }, nowMs);
    expect(meter.report(100, use(0), nowMs).stuck).toEqual([]);
  });

  it("says nothing of one that failed now and then, and stayed open in between", () => {
    const { meter, nowMs } = worked(1, 1);
    for (let failures = 0; failures < 10; failures++) {
      meter.failed(0, false);
      meter.looked();
      meter.opened(0, nowMs);
      meter.looked();
    }
    expect(meter.report(100, use(0), nowMs).stuck).toEqual([]);
  });
});

const someReport: fc.Arbitrary<Report> = fc.record({
  weight: fc.integer({ min: 1, max: 1_000 }),
  elsewhere: fc.double({ min: 0, max: 1, noNaN: true }),
  asks: fc.boolean(),
  held: fc.uniqueArray(
    fc.record({
      number: fc.nat(10_000),
      work: fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
      lag: fc.double({ min: 0, max: 1_000, noNaN: true }),
    }),
    { selector: ({ number }) => number },
  ),
  stuck: fc.array(fc.nat(10_000)),
});

describe("a report", () => {
  it("comes back as it was, but for decimals that nobody measures", () => {
    fc.assert(
      fc.property(someReport, (report) => {
        const found = decodeReport(encodeReport(report))!;
        expect(found.weight).toBe(report.weight);
        expect(found.elsewhere).toBeCloseTo(report.elsewhere, 3);
        expect(found.stuck).toEqual(report.stuck);
        expect(found.asks).toBe(report.asks);
        expect(found.held.map(({ number }) => number)).toEqual(report.held.map(({ number }) => number));
        found.held.forEach(({ work, lag }, index) => {
          const { work: expected, lag: expectedLag } = report.held[index]!;
          if (expected === undefined) expect(work).toBeUndefined();
          else expect(work).toBeCloseTo(expected, 3);
          expect(lag).toBeCloseTo(expectedLag, 3);
        });
      }),
    );
  });

  it("is never longer than what is looked at", () => {
    const held = Array.from({ length: REPORTED_MAX * 2 }, (_, index) => ({
      number: 900_000 + index,
      work: 1.23456,
      lag: 12_345.67891,
    }));
    const stuck = held.map(({ number }) => number);
    const bytes = encodeReport({ weight: 1, elsewhere: 0.12345, asks: false, held, stuck });
    expect(bytes.length).toBeLessThanOrEqual(REPORT_BYTES_MAX);
    expect(decodeReport(bytes)!.held).toHaveLength(REPORTED_MAX);
  });

  it("is one or none of any bytes, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const found = decodeReport(bytes);
          if (found) expect(found.weight).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe("a cohort", () => {
  const reportOf = (held: Report["held"]): Report => ({
    weight: 100,
    elsewhere: 0,
    asks: false,
    held,
    stuck: [],
  });

  it("believes the one that measures of two that say they hold a partition", () => {
    const { members, partitions } = cohortOf(
      [
        { id: "a", report: reportOf([{ number: 0, work: undefined, lag: 0 }]) },
        { id: "b", report: reportOf([{ number: 0, work: 0.4, lag: 3 }]) },
      ],
      [0],
      new Map(),
    );
    expect(members.map(({ holds }) => holds)).toEqual([[], [0]]);
    expect(partitions).toEqual([{ number: 0, work: 0.4, lag: 3 }]);
  });

  it("takes work from whoever measured it, else from memory, and lag from the holder only", () => {
    const { members, partitions } = cohortOf(
      [
        { id: "a", report: reportOf([{ number: 0, work: 0.4, lag: 3 }]), assigned: [] },
        { id: "b", report: reportOf([]), assigned: [0, 1, 2] },
      ],
      [2, 1, 0],
      new Map([[1, 0.2]]),
    );
    expect(members.map(({ holds }) => holds)).toEqual([[], [0, 1, 2]]);
    expect(partitions).toEqual([
      { number: 0, work: 0.4, lag: 0 },
      { number: 1, work: 0.2, lag: 0 },
      { number: 2, work: undefined, lag: 0 },
    ]);
  });
});

describe("a note", () => {
  it("comes back as it was, but for decimals that nobody measures; anything else is none", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.option(share, { nil: undefined }), share, share, (work, lag, elsewhere) => {
        const found = decodeNote(encodeNote({ work, lag, elsewhere }))!;
        if (work === undefined) expect(found.work).toBeUndefined();
        else expect(found.work).toBeCloseTo(work, 3);
        expect(found.lag).toBeCloseTo(lag, 3);
        expect(found.elsewhere).toBeCloseTo(elsewhere, 3);
      }),
    );
    for (const text of [
      null,
      undefined,
      "",
      "[2,0,0,0]",
      "[1,0,0]",
      "[1,-1,0,0]",
      '[1,"0",0,0]',
      "{",
      "[1,0,0,2]",
    ])
      expect(decodeNote(text)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void decodeNote(text)));
  });
});
