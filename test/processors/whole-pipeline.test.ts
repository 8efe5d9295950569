import { describe, expect, it } from "vitest";
import { audit, balanceOf, feesOf, statuses } from "../support/auditor.js";
import { INITIAL_BALANCE, makeTestNetwork, ONE } from "../support/network.js";
import { Pipeline } from "../support/pipeline.js";

function name({ partition, offset }: { partition: number; offset: number }): string {
  return `${partition}:${offset}`;
}

describe("the whole pipeline in memory", () => {
  it("finalises a transfer within a shard and one to another shard, in both schemes", () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const [a, b, c, d] = [net.wallet(1), net.wallet(1, 1), net.wallet(2), net.wallet(3, 1)];
    const local = pipeline.pay(a, b, 5n * ONE, { gasPrice: 2n });
    const across = pipeline.pay(a, c, 7n * ONE);
    const ethereum = pipeline.pay(d, a, 3n * ONE, { gasPrice: 1n });
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(Object.fromEntries(statuses(pipeline))).toEqual({
      [name(local)]: "FINAL",
      [name(across)]: "COMPLETED",
      [name(ethereum)]: "COMPLETED",
    });
    expect(balanceOf(pipeline, a.account)).toBe(INITIAL_BALANCE - 12n * ONE + 3n * ONE - 42_000n);
    expect(balanceOf(pipeline, b.account)).toBe(INITIAL_BALANCE + 5n * ONE);
    expect(balanceOf(pipeline, c.account)).toBe(INITIAL_BALANCE + 7n * ONE);
    expect(balanceOf(pipeline, d.account)).toBe(INITIAL_BALANCE - 3n * ONE - 21_000n);
    expect([1, 2, 3, 4].map((shard) => feesOf(pipeline, shard))).toEqual([42_000n, 0n, 21_000n, 0n]);
    expect(pipeline.troubles).toEqual([]);
  });
});
