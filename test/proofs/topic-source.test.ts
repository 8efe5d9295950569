import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InputRecord } from "../../processors/stage.js";
import { firstAtLeast, searchBack, type TopicSource } from "../../runtime/proofs/topic-source.js";

/** A partition whose records say a number each; undefined: unreadable. Offsets and numbers by record. */
function sourceOf(
  records: readonly { offset: number; number: number | undefined }[],
  low: number,
  fetchMax: number,
) {
  const all: InputRecord[] = records.map(({ offset, number }) => ({
    topic: "shard.finalized",
    partition: 0,
    offset,
    timeMs: 0,
    key: null,
    value: number === undefined ? null : Buffer.from(String(number)),
  }));
  const high = (records.at(-1)?.offset ?? low - 1) + 1;
  let fetches = 0;
  const source: TopicSource = {
    bounds: async () => ({ low, high }),
    fetch: async (_name, _partition, offset) => {
      fetches++;
      const some = all.filter((record) => record.offset >= offset).slice(0, fetchMax);
      return {
        records: some,
        next: some.length > 0 ? some.at(-1)!.offset + 1 : Math.max(offset, high),
        end: high,
      };
    },
    offsetAtTime: async () => low,
  };
  return { source, fetches: () => fetches };
}

const numberOf = ({ value }: InputRecord) => (value ? Number(value.toString()) : undefined);

/** Heights as a topic has them: one more each time, or fallen back; with gaps between offsets and unreadable records. */
const partitions = fc
  .record({
    low: fc.nat(50),
    first: fc.integer({ min: 1, max: 20 }),
    steps: fc.array(fc.record({ gap: fc.nat(3), fall: fc.nat(60), bad: fc.nat(5) }), { maxLength: 80 }),
    fetchMax: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ low, first, steps, fetchMax }) => {
    let offset = low;
    let height = first - 1;
    const records: { offset: number; number: number | undefined }[] = steps.map(({ gap, fall, bad }) => {
      offset += 1 + gap;
      if (bad === 0) return { offset, number: undefined };
      // Seldom: whoever writes begins again some heights below.
      height = fall > 5 ? height + 1 : Math.max(first, height - fall);
      return { offset, number: height };
    });
    // Whoever fell back has caught up.
    const highest = Math.max(...records.map(({ number }) => number ?? 0));
    while (height >= first && height < highest) records.push({ offset: ++offset, number: ++height });
    return { low, records, fetchMax };
  });

describe("the search in a partition", () => {
  it("finds a record of each height that is there, and none of others", async () => {
    await fc.assert(
      fc.asyncProperty(partitions, async ({ low, records, fetchMax }) => {
        const { source } = sourceOf(records, low, fetchMax);
        const heights = records.map(({ number }) => number).filter((number) => number !== undefined);
        for (let wanted = Math.min(...heights, 1); wanted <= Math.max(...heights, 1) + 1; wanted++) {
          const found = await firstAtLeast(source, "shard.finalized", 0, wanted, numberOf);
          const expected = heights.includes(wanted) ? wanted : heights.find((height) => height >= wanted);
          expect(found && numberOf(found)).toBe(expected);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("takes few fetches of a long partition", async () => {
    const records = Array.from({ length: 100_000 }, (_, index) => ({ offset: 2 * index, number: index + 1 }));
    const { source, fetches } = sourceOf(records, 0, 100);
    const found = await firstAtLeast(source, "shard.finalized", 0, 77_777, numberOf);
    expect(found?.offset).toBe(2 * 77_776);
    expect(fetches()).toBeLessThan(18);
  });

  it("goes from the last record to the first, each once, until it is told to end", async () => {
    const records = Array.from({ length: 2_000 }, (_, index) => ({ offset: 3 * index, number: index }));
    const { source } = sourceOf(records, 0, 100);
    const seen: number[] = [];
    await searchBack(source, "shard.finalized", 0, (record) => {
      seen.push(numberOf(record)!);
      return seen.length === 1_500;
    });
    expect(seen).toEqual(Array.from({ length: 1_500 }, (_, index) => 1_999 - index));
    seen.length = 0;
    await searchBack(source, "shard.finalized", 0, (record) => seen.push(numberOf(record)!) < 0);
    expect(seen).toHaveLength(2_000);
  });
});
