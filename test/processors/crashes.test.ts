import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../../simulator/kernel/random.js";
import { INITIAL_BALANCE, makeTestNetwork } from "../../simulator/world/network.js";
import { audit, balanceOf, feesOf, statuses } from "../support/auditor.js";
import { Expectation, submitOne } from "../support/load.js";
import { Pipeline } from "../support/pipeline.js";
import { CRASH_POINTS } from "../support/slot.js";

const SEED = 20_260_729;

interface Disturbance {
  /** One step in this many is the last of its task. */
  readonly crashOneIn?: number;
  /** Before one submission in this many, a task loses its store, or commits, or the last store batches. */
  readonly lossOneIn?: number;
}

function check(seed: number, { crashOneIn, lossOneIn }: Disturbance, submissions = 40): void {
  const chance = seeded(seed);
  const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: 5, unfinalisedBlocksMax: 3 } });
  const pipeline = new Pipeline(net);
  const expected = new Expectation();
  const crashes = () =>
    crashOneIn !== undefined && chance(crashOneIn) === 0
      ? CRASH_POINTS[chance(CRASH_POINTS.length)]
      : undefined;
  for (let count = 0; count < submissions; count++) {
    submitOne(pipeline, net, chance, expected);
    if (lossOneIn !== undefined && chance(lossOneIn) === 0) {
      const slot = pipeline.slots[chance(pipeline.slots.length)]!;
      const kind = chance(4);
      if (kind === 0) slot.loseStore();
      else if (kind === 1) slot.loseStore(1 + chance(5));
      else if (kind === 2) slot.loseCommits(1 + chance(5));
      else slot.loseCommits(Number.MAX_SAFE_INTEGER);
    }
    if (chance(3) > 0) pipeline.runUntilQuiet({ chance, crashes, steps: chance(60) });
  }
  pipeline.runUntilQuiet({ chance, crashes });
  pipeline.runUntilQuiet({ chance });
  audit(pipeline);
  expect(Object.fromEntries(statuses(pipeline))).toEqual(Object.fromEntries(expected.statuses));
  for (const wallet of net.wallets) {
    expect(balanceOf(pipeline, wallet.account)).toBe(INITIAL_BALANCE + (expected.balances.get(wallet) ?? 0n));
  }
  expect([1, 2, 3, 4].reduce((sum, shard) => sum + feesOf(pipeline, shard), 0n)).toBe(expected.fees);
  expect(pipeline.troubles).toEqual([]);
}

describe("any order of steps and any crash lead to the outcome that the model foretells", () => {
  it("without crashes, in any order of steps", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => check(seed, {})),
      { seed: SEED, numRuns: 5 },
    );
  });

  it("with tasks that die at random points of their steps", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 3, max: 40 }), (seed, crashOneIn) =>
        check(seed, { crashOneIn }),
      ),
      { seed: SEED, numRuns: 10 },
    );
  });

  it("with lost stores, lost store batches and lost commits as well", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => check(seed, { crashOneIn: 20, lossOneIn: 3 })),
      { seed: SEED, numRuns: 10 },
    );
  });
});
