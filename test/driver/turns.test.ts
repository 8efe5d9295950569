import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialShards, Topology } from "../../ledger/topology.js";
import type { InputRecord, StepResult } from "../../processors/stage.js";
import type { Timer } from "../../runtime/clock.js";
import { systemClock } from "../../runtime/clock.js";
import type { Environment, OpenTask, StageDefinition } from "../../runtime/driver/environment.js";
import { StageRunner } from "../../runtime/driver/stage-runner.js";
import { TaskSlot } from "../../runtime/driver/task-slot.js";
import { STEP_MS_MAX, stepRecordsMax, Turns } from "../../runtime/driver/turns.js";
import { fixedTopology } from "../support/fixed-topology.js";

const STEPS = 2_000;

function record(offset: number, partition = 0): InputRecord {
  return { topic: "transactions", partition, offset, timeMs: 0, key: null, value: null };
}

const NOTHING: StepResult = { records: [] };

/** A slot with a task that does so in each step; it writes nothing, so nothing makes it wait between two. */
function slotOf(step: (records: readonly InputRecord[], slot: TaskSlot) => void, turns: Turns): TaskSlot {
  const environment = { turns, clock: systemClock, network: { genesis: { network: "test" } } };
  const writer = { write: () => Promise.resolve([]) };
  const open = {
    task: {
      step: (records: readonly InputRecord[]) => {
        step(records, slot);
        return NOTHING;
      },
    },
  };
  const failed = (_partition: number, error: unknown) => {
    throw error;
  };
  const slot: TaskSlot = new TaskSlot(
    0,
    open as unknown as OpenTask,
    { environment, writer } as never,
    { stepped: () => undefined, failed },
    new Map(),
  );
  return slot;
}

const TREE = new Topology(initialShards(1));

describe("turns of a process' partitions", () => {
  it("let one with little begin after a step of one with endless work", async () => {
    const turns = new Turns();
    let hotSteps = 0;
    let begunAfter = -1;
    const both = new Promise<void>((resolve) => {
      const hot = slotOf((records, slot) => {
        hotSteps++;
        if (hotSteps < STEPS) slot.enqueue([record(records[0]!.offset + 1)], "transactions");
        else resolve();
      }, turns);
      const other = slotOf(() => {
        begunAfter = hotSteps;
      }, turns);
      hot.enqueue([record(0)], "transactions");
      setImmediate(() => other.enqueue([record(0)], "transactions"));
    });
    await both;
    expect(begunAfter).toBeGreaterThan(0);
    expect(begunAfter).toBeLessThan(10);
  });

  it("go round: nobody has a second one while another waits", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 6 }),
        async (wants) => {
          const turns = new Turns();
          const order: number[] = [];
          await Promise.all(
            wants.map(async (count, who) => {
              for (let turn = 0; turn < count; turn++) {
                await turns.begin();
                order.push(who);
                turns.end();
              }
            }),
          );
          // Round r has everyone who wants more than r turns, once.
          const rounds = Array.from({ length: Math.max(...wants) }, (_, round) =>
            wants.flatMap((count, who) => (count > round ? [who] : [])),
          );
          expect(order.length).toBe(rounds.flat().length);
          let at = 0;
          for (const round of rounds) {
            expect(order.slice(at, at + round.length).sort()).toEqual(round);
            at += round.length;
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("have so many records that a step is over in time, and more again where they cost less", () => {
    const next = (last: number, msOfOne: number) => stepRecordsMax(last, last * msOfOne, last, 512);
    let records = 512;
    for (let step = 0; step < 5; step++) records = next(records, 0.2);
    expect(records * 0.2).toBeLessThanOrEqual(STEP_MS_MAX);
    for (let step = 0; step < 5; step++) records = next(records, 0.01);
    expect(records).toBe(512);
    expect(next(512, 100)).toBe(32);
    expect(stepRecordsMax(0, 0, 77, 512)).toBe(77);
  });
});

describe("a member with a partition that has enough", () => {
  const topic = "test.transactions";
  const batch = (partition: number, first: number, count: number) => ({
    topic,
    partition,
    messages: Array.from({ length: count }, (_, index) => ({
      offset: String(first + index),
      timestamp: "0",
      key: null,
      value: null,
    })),
    offsetLag: () => "0",
  });

  it("doesn't keep its next fetch waiting, which is for the others too, and reads on when there is room", async () => {
    const timers: { ms: number; call: () => void }[] = [];
    const clock = {
      now: () => 0,
      after(ms: number, call: () => void): Timer {
        const timer = { ms, call };
        timers.push(timer);
        return {
          cancel() {
            if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
          },
        };
      },
    };
    const fire = async (ms: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      for (const timer of timers.filter((due) => due.ms <= ms)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.call();
      }
      await new Promise((resolve) => setImmediate(resolve));
    };
    const paused = new Set<number>();
    let eachBatch: (payload: unknown) => Promise<void> = async () => undefined;
    let join: (event: unknown) => void = () => undefined;
    const consumer = {
      events: { GROUP_JOIN: "join", CRASH: "crash" },
      connect: async () => undefined,
      subscribe: async () => undefined,
      disconnect: async () => undefined,
      on: (name: string, listener: (event: unknown) => void) => {
        if (name === "join") join = listener;
      },
      run: async (options: { eachBatch: typeof eachBatch }) => {
        eachBatch = options.eachBatch;
        join({ payload: { memberAssignment: { [topic]: [0, 1] } } });
      },
      pause: ([{ partitions }]: [{ partitions: number[] }]) => paused.add(partitions[0]!),
      resume: ([{ partitions }]: [{ partitions: number[] }]) => paused.delete(partitions[0]!),
      seek: () => undefined,
      commitOffsets: async () => undefined,
    };
    const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, child: () => log };
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stepped: number[] = [];
    const definition: StageDefinition = {
      name: "validate",
      group: "validate",
      inputs: ["transactions"],
      open: async (partition) => ({
        task: {
          startAt: new Map([["transactions", 0]]),
          step: (records: readonly InputRecord[]) => {
            stepped.push(partition);
            return { records: [], resumeAt: new Map([["transactions", records.at(-1)!.offset + 1]]) };
          },
        },
        ...(partition === 0 && { prepare: () => stuck }),
      }),
    };
    const admin = {
      fetchOffsets: async () => [{ topic, partitions: [] }],
      fetchTopicOffsets: async () =>
        [0, 1].map((partition) => ({ partition, low: "0", high: "9000", offset: "0" })),
    };
    const environment = {
      kafka: { consumer: () => consumer, producer: () => ({}) },
      admin,
      network: { genesis: { network: "test" } },
      clock,
      topology: fixedTopology(TREE),
      fetchPaceMs: () => 25,
      sessionTimeoutMs: 6_000,
      log,
    } as unknown as Environment;
    const runner = new StageRunner(definition, environment, () => undefined);
    await runner.start();
    while (runner.status().some(({ status }) => status !== "running"))
      await new Promise((resolve) => setImmediate(resolve));
    const give = (partition: number, first: number, count: number) => {
      let isDone = false;
      const taken = eachBatch({
        batch: batch(partition, first, count),
        heartbeat: async () => undefined,
        isStale: () => false,
      }).then(() => {
        isDone = true;
      });
      return { taken, isDone: () => isDone };
    };
    // The first step takes 512 and is stuck; what is left is more than may wait.
    const hot = give(0, 0, 2_000);
    await fire(25);
    expect(hot.isDone()).toBe(false);
    await fire(100);
    expect(hot.isDone()).toBe(true);
    expect([...paused]).toEqual([0]);
    give(1, 0, 3);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stepped).toEqual([1]);
    release();
    while (paused.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(stepped).toContain(0);
    await runner.stop();
  });
});
