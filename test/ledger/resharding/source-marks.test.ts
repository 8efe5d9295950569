import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placementOf } from "../../../ledger/address.js";
import { SourceMarks } from "../../../ledger/resharding/source-marks.js";
import { accountKey } from "../../../ledger/state/key.js";

const accounts = Array.from({ length: 24 }, (_, index) => Buffer.alloc(20, index + 1));
const halfOf = (account: Buffer) => placementOf(account)[0]! >> 7;
const left = accounts.filter((account) => halfOf(account) === 0).map(accountKey);
const right = accounts.filter((account) => halfOf(account) === 1).map(accountKey);

describe("marks of source partitions", () => {
  it("after a merge are of each half's own accounts, until an offset above both", () => {
    const marks = new SourceMarks([
      { partition: 0, prefix: "0", offset: 100 },
      { partition: 0, prefix: "1", offset: 120 },
    ]);
    expect(marks.has(0, 110, left[0]!)).toBe(false);
    expect(marks.has(0, 110, right[0]!)).toBe(true);
    marks.take(0, 110, left[0]!);
    expect(marks.all).toEqual([
      { partition: 0, prefix: "0", offset: 110 },
      { partition: 0, prefix: "1", offset: 120 },
    ]);
    expect(marks.has(0, 110, left[1]!)).toBe(true);
    marks.take(0, 121, left[2]!);
    expect(marks.all).toEqual([{ partition: 0, prefix: "", offset: 121 }]);
    expect(marks.has(0, 121, right[0]!)).toBe(true);
    expect(marks.has(1, 0, right[0]!)).toBe(false);
  });

  it("take a partition's transactions in once each, whatever each half had before and however often they come", () => {
    const place = fc.record({
      account: fc.constantFrom(...left, ...right),
      copies: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 60 }), fc.nat(40), fc.nat(40), (stream, atLeft, atRight) => {
        const marks = new SourceMarks([
          { partition: 0, prefix: "0", offset: atLeft },
          { partition: 0, prefix: "1", offset: atRight },
        ]);
        const taken: number[] = [];
        // In order, with repeats from some place before, as after a restart of who writes them.
        stream.forEach(({ copies }, offset) => {
          for (let again = Math.max(0, offset - copies + 1); again <= offset; again++) {
            const { account } = stream[again]!;
            if (marks.has(0, again, account)) continue;
            marks.take(0, again, account);
            taken.push(again);
          }
        });
        const expected = stream.flatMap(({ account }, offset) =>
          offset > (left.includes(account) ? atLeft : atRight) ? [offset] : [],
        );
        expect(taken).toEqual(expected);
      }),
    );
  });
});
