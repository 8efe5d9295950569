import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zipfShares } from "../../bench/hot/shares.js";
import { shardsPicture } from "../../bench/picture/shards-picture.js";
import { type ShardCosts, shardCosts } from "../../bench/shards/costs.js";
import { evenShards } from "../../bench/shards/even-shards.js";
import { fitCosts } from "../../bench/shards/fit.js";
import { spread } from "../../bench/shards/items.js";
import { Cores, Thread, Timeline } from "../../bench/shards/kernel.js";
import { limitOf } from "../../bench/shards/limit.js";
import { linearity } from "../../bench/shards/linearity.js";
import { simulateShards } from "../../bench/shards/model.js";
import { shardsApart, together } from "../../bench/shards/plan.js";
import { guessAfter, planOf, type ShardsReport } from "../../bench/shards/run.js";
import { shardsTable } from "../../bench/shards/table.js";
import { Topology } from "../../ledger/topology.js";
import { Random } from "../../simulator/kernel/random.js";

const SEED = 1;
const micros = <Names extends string>(costs: Record<Names, number>): Record<Names, number> =>
  Object.fromEntries(Object.entries<number>(costs).map(([name, cost]) => [name, cost / 1e6])) as Record<
    Names,
    number
  >;
const kafka = {
  request: 0,
  transaction: 0,
  batch: 0,
  record: 0,
  fetch: 0,
  fetchedBatch: 0,
  fetchedRecord: 0,
};
const chain = {
  block: 0,
  transaction: 30,
  crossing: 40,
  bundle: 200,
  prepare: 20,
  forward: 20,
  credited: 20,
  checkpoint: 0,
};
/** Everything by hand; nothing for batches, so that throughput can be worked out by adding up. */
const COSTS: ShardCosts = {
  signature: 60e-6,
  kafka: { client: kafka, broker: kafka },
  validate: 20e-6,
  assign: 6e-6,
  execute: micros(chain),
  vote: micros(chain),
  finalize: micros({ vote: 0, changes: 0, entry: 10 }),
  relay: micros({ certificate: 0, bundle: 0, message: 0 }),
  notify: micros({ certificate: 0, entry: 6 }),
  brokerPerTransaction: micros({
    validate: 8,
    "shard-assign": 4,
    execute: 10,
    vote: 4,
    finalize: 5,
    notify: 2,
  }),
  loadClient: 20e-6,
  factor: 1,
};

describe("the model of many shards", () => {
  it("lets a shard alone do what the serial parts of a validator's step leave time for", () => {
    // 60 for the signature, then 30 on the main thread, then the broker's 4: one after another in a partition.
    const { tps, busyFirst } = limitOf(shardsApart(1, 0, 1_000), COSTS, SEED);
    expect(tps / (1e6 / 94)).toBeGreaterThan(0.9);
    expect(tps / (1e6 / 94)).toBeLessThan(1.06);
    expect(["shard's validator", "source partition"]).toContain(busyFirst);
  });

  it("is linear where nothing is shared, and not where the brokers are", () => {
    const one = limitOf(shardsApart(1, 0, 1_000), COSTS, SEED).tps;
    const eight = limitOf(shardsApart(8, 0, 1_000), COSTS, SEED).tps;
    expect(eight / one / 8).toBeGreaterThan(0.93);
    // (8 + 4 + 10 + 4 · 4 + 5 + 2) · 3 copies, 16 validators' reads among them: 2 cores do 2 · 10^6 / 135 at most.
    const few = limitOf(shardsApart(8, 0, 2), COSTS, SEED);
    expect(few.busyFirst).toBe("brokers");
    expect(few.tps).toBeLessThan(2e6 / 130);
  });

  it("is bounded by the main chain where all transfers cross", () => {
    const dear = { ...COSTS, vote: { ...COSTS.vote, prepare: 100e-6 } };
    const { tps, busyFirst } = limitOf(shardsApart(8, 1, 1_000), dear, SEED);
    expect(busyFirst).toBe("main chain's validator");
    expect(tps).toBeLessThan(1.05 * (1e6 / 100));
    expect(tps).toBeGreaterThan(0.7 * (1e6 / 100));
  });

  it("ends what was published, across shards too, and nothing twice", () => {
    for (const plan of [shardsApart(4, 0.75, 1_000), together(4, 4, 0.75, 64)]) {
      const { publishedTps, endedTps } = simulateShards(plan, COSTS, 2_000, SEED);
      expect(endedTps / publishedTps).toBeCloseTo(1, 1);
    }
  });

  it("carries on one machine what its cores have time for", () => {
    // Of all stages and four validators: 86 + 36 + 4 · 94 + 15 + 8, the load's own 20, the broker's copies none.
    const plan = together(4, 4, 0, 2);
    const { tps, busyFirst } = limitOf(plan, COSTS, SEED);
    expect(busyFirst).toBe("machine");
    expect(tps / (2e6 / 551)).toBeGreaterThan(0.85);
    expect(tps / (2e6 / 551)).toBeLessThan(1.05);
  });

  it("pays for batches: with more partitions they are smaller", () => {
    const batches = { ...COSTS, kafka: { client: kafka, broker: { ...kafka, batch: 200e-6 } } };
    const coresOf = (shards: number, costs: ShardCosts) =>
      simulateShards(shardsApart(shards, 0, 1_000), costs, 500 * shards, SEED).brokerCoresUsed / shards;
    expect(coresOf(16, COSTS) / coresOf(2, COSTS)).toBeCloseTo(1, 1);
    expect(coresOf(16, batches) / coresOf(2, batches)).toBeGreaterThan(1.5);
  });

  it("says the same for the same seed", () => {
    const plan = shardsApart(4, 0.5, 24);
    expect(simulateShards(plan, COSTS, 5_000, 7)).toEqual(simulateShards(plan, COSTS, 5_000, 7));
  });
});

describe("the parts of the model", () => {
  it("cores take jobs in order, a thread takes one at a time", () => {
    const timeline = new Timeline();
    const cores = new Cores("two", 2, timeline);
    const thread = new Thread(cores);
    const done: [string, number][] = [];
    const note = (name: string) => () => done.push([name, timeline.nowMs]);
    thread.run(10, note("a"));
    thread.run(10, note("b"));
    cores.run(5, note("c"));
    cores.run(5, note("d"));
    timeline.runUntil(100);
    expect(done).toEqual([
      ["c", 5],
      ["a", 10],
      ["d", 10],
      ["b", 20],
    ]);
    expect(cores.busyMs).toBe(30);
  });

  it("whole numbers are shared out with nothing lost, and evenly", () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.integer({ min: 1, max: 64 }), fc.nat(), (count, places, seed) => {
        const shares = spread(
          count,
          Array.from({ length: places }, (_, index) => index),
          places,
          new Random(seed),
        );
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(count);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("costs are found again in sums of them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 2, maxLength: 5 }),
        fc.nat(),
        (costs, seed) => {
          const random = new Random(seed);
          const observations = Array.from({ length: 200 }, () => {
            const counts = costs.map(() => random.below(20));
            return { counts, cost: counts.reduce((sum, count, index) => sum + count * costs[index]!, 0) };
          });
          const fit = fitCosts(observations);
          fit.costs.forEach((cost, index) => {
            expect(cost / costs[index]!).toBeCloseTo(1, 2);
          });
          expect(fit.error).toBeLessThan(0.01);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("linearity is of as many times one shard, and its falls are the first rows below", () => {
    const limit = (tps: number) => ({ tps, busyFirst: "brokers", busy: {}, brokerCoresUsed: 1 }) as const;
    const { rows, below } = linearity([
      [1, limit(100)],
      [2, limit(190)],
      [4, limit(300)],
      [8, limit(320)],
    ]);
    expect(rows.map((row) => row.linearity)).toEqual([1, 0.95, 0.75, 0.4]);
    expect([below.nine?.shards, below.five?.shards]).toEqual([4, 8]);
  });

  it("an entry of a real process costs what its step does and what a transaction's does beyond its own", () => {
    const run = (stage: string, restPer1000: number) => ({
      stage,
      processes: 1,
      tps: 1,
      signaturesPer1000: 0,
      restPer1000,
      brokerPer1000: 0.01,
    });
    const steps = {
      signature: 60e-6,
      validate: 6e-6,
      assign: 2e-6,
      execute: micros({ ...chain, transaction: 10, prepare: 5, block: 500 }),
      vote: micros(chain),
      finalize: micros({ vote: 70, changes: 50, state: 2 }),
      relay: micros({ certificate: 0, bundle: 0, message: 0 }),
      notify: micros({ certificate: 50, receipt: 1 }),
      error: {},
    };
    const stages = ["validate", "shard-assign", "execute", "vote", "finalize", "notify"];
    const costs = shardCosts(
      steps,
      { client: kafka, broker: kafka, error: { client: 0, broker: 0 } },
      stages.map((stage) => run(stage, 0.03)),
      0,
    );
    expect(costs.execute.transaction).toBeCloseTo(30e-6, 8);
    expect(costs.execute.prepare).toBeCloseTo(25e-6, 8);
    expect(costs.execute.block).toBeCloseTo(500e-6, 8);
  });

  it("64 shards with even prefixes own every placement", () => {
    const topology = new Topology(evenShards(64));
    const owners = new Set(
      Array.from({ length: 2_000 }, (_, index) => topology.shardOf(Buffer.alloc(20, `account ${index}`))),
    );
    expect(owners.size).toBe(64);
    expect(() => evenShards(3)).toThrow(RangeError);
  });

  it("a Zipf load has its hottest shard where the weights add up to most", () => {
    const shares = zipfShares([1, 2, 1, 3], 1);
    expect(shares).toEqual({
      hottestAccount: 0.48,
      hottestShard: 0.64,
      byShard: { 1: 0.64, 2: 0.24, 3: 0.12 },
      shard: 1,
    });
  });
});

const RECORDED = new URL("../../bench/results/shards.json", import.meta.url);

describe.skipIf(!existsSync(RECORDED))("what was recorded of 1 to 64 shards", () => {
  const { report } = existsSync(RECORDED)
    ? (JSON.parse(readFileSync(RECORDED, "utf8")) as { report: ShardsReport })
    : ({} as { report: ShardsReport });

  it("is drawn as the picture of the README is", () => {
    expect(shardsPicture(report)).toBe(
      readFileSync(new URL("../../docs/shards.svg", import.meta.url), "utf8"),
    );
  });

  it("follows from the recorded costs, and the README has its table", () => {
    const costs = {
      ...shardCosts(report.steps, report.kafka, report.stages, report.loadClient),
      factor: report.calibration.factor,
    };
    for (const { crossShare, brokers, rows } of report.series) {
      let guess: number | undefined;
      for (const row of rows.slice(0, 2)) {
        const limit = limitOf(planOf(row.shards, crossShare, brokers), costs, SEED, guess);
        expect(limit.tps).toBe(row.tps);
        guess = guessAfter(limit.tps, guess);
      }
    }
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    expect(readme).toContain(shardsTable(report));
  });
});
