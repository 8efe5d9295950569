import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockMeter } from "../../../processors/meter/block-meter.js";
import { HotAccounts, TOLD_MAX } from "../../../processors/meter/hot-accounts.js";
import { LatencyCounts } from "../../../processors/meter/latency-counts.js";
import type { BlockHeader, ReceiptKind, ReceiptResult } from "../../../schemas/generated.js";
import { LATENCY_BOUNDS_MS } from "../../../schemas/latency-bounds.js";

const receipt = (kind: ReceiptKind, sender: number, submittedAt: number) =>
  ({ kind, sender: Buffer.alloc(20, sender), submittedAt }) as ReceiptResult;
const block = (height: number, receipts: ReceiptResult[]) => ({
  header: { height } as BlockHeader,
  receipts,
});

describe("what blocks say of a load", () => {
  it("counts transactions, and not what came of messages", () => {
    const meter = new BlockMeter();
    meter.closed(
      block(1, [
        ...[receipt("TRANSFER", 1, 0), receipt("TRANSFER", 1, 0), receipt("PREPARED", 2, 0)],
        ...[receipt("REFUSED", 3, 0), receipt("CREDITED", 4, 0), receipt("COMPLETED", 5, 0)],
      ]),
    );
    const figures = meter.take();
    expect(figures).toMatchObject({ transactions: 4, refused: 1, crossShard: 1, contractCalls: 0 });
    expect(figures.hottest[0]).toEqual({ account: Buffer.alloc(20, 1), transactions: 2 });
    expect(meter.take()).toMatchObject({ transactions: 0, refused: 0, crossShard: 0, hottest: [] });
  });

  it("counts latencies when a block is certified, once", () => {
    const meter = new BlockMeter();
    meter.closed(block(1, [receipt("TRANSFER", 1, 1_000)]));
    meter.closed(block(2, [receipt("TRANSFER", 1, 1_100)]));
    meter.certified(1, 1_300);
    meter.certified(1, 9_000);
    const counts = meter.take().latencyCounts;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(counts[LATENCY_BOUNDS_MS.indexOf(500)]).toBe(1);
    meter.certified(2, 1_105);
    expect(meter.take().latencyCounts[0]).toBe(1);
  });

  it("puts each latency below the first bound that isn't below it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), (ms) => {
        const counts = new LatencyCounts();
        counts.add(ms);
        const at = counts.take().indexOf(1);
        expect(ms).toBeLessThanOrEqual(LATENCY_BOUNDS_MS[at] ?? Number.POSITIVE_INFINITY);
        expect(ms).toBeGreaterThan(at === 0 ? -1 : LATENCY_BOUNDS_MS[at - 1]!);
      }),
    );
  });
});

describe("hot accounts", () => {
  it("are never counted too low, and one with a large share is found among thousands", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000), { minLength: 1, maxLength: 1_500 }), (others) => {
        const hot = new HotAccounts();
        const account = (number: number) => {
          const id = Buffer.alloc(20);
          id.writeUInt32BE(number);
          return id;
        };
        let sent = 0;
        for (const [at, other] of others.entries()) {
          hot.add(account(other));
          if (at % 4 !== 0) continue;
          hot.add(account(9_999));
          sent++;
        }
        const told = hot.take();
        expect(told.length).toBeLessThanOrEqual(TOLD_MAX);
        const found = told.find((one) => one.account.equals(account(9_999)));
        if (others.length > 200) expect(found).toBeDefined();
        if (found) expect(found.transactions).toBeGreaterThanOrEqual(sent);
      }),
      { numRuns: 60 },
    );
  });
});
