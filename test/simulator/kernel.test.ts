import { describe, expect, it } from "vitest";
import { SimulatedProcess } from "../../simulator/kernel/process.js";
import { Random } from "../../simulator/kernel/random.js";
import { Scheduler } from "../../simulator/kernel/scheduler.js";

const START_MS = 1_000;
const never = () => false;

describe("the scheduler", () => {
  it("runs events by time, those of one time in the order asked for", async () => {
    const scheduler = new Scheduler(START_MS);
    const ran: string[] = [];
    scheduler.after(5, "late", () => ran.push(`late ${scheduler.nowMs}`));
    scheduler.after(1, "first", () => ran.push(`first ${scheduler.nowMs}`));
    scheduler.after(1, "second", () => {
      ran.push("second");
      scheduler.after(0, "third", () => ran.push(`third ${scheduler.nowMs}`));
    });
    await scheduler.run(never, START_MS + 10);
    expect(ran).toEqual(["first 1001", "second", "third 1001", "late 1005"]);
  });

  it("runs all that an event sets off in promises before the next event", async () => {
    const scheduler = new Scheduler(START_MS);
    const ran: string[] = [];
    scheduler.after(1, "a", () => {
      void (async () => {
        for (let index = 0; index < 5; index++) await undefined;
        ran.push("deep in promises");
      })();
    });
    scheduler.after(1, "b", () => ran.push("next event"));
    await scheduler.run(never, START_MS + 10);
    expect(ran).toEqual(["deep in promises", "next event"]);
  });

  it("leaves out what was called off, stops at the end or when done, and rejects with what an event throws", async () => {
    const scheduler = new Scheduler(START_MS);
    let count = 0;
    const count1 = () => {
      count++;
    };
    scheduler.after(1, "off", count1).run = undefined;
    scheduler.after(2, "in time", count1);
    scheduler.after(20, "too late", count1);
    await scheduler.run(never, START_MS + 10);
    expect(count).toBe(1);
    scheduler.after(10, "fault", () => {
      throw new Error("planted");
    });
    await expect(scheduler.run(never, START_MS + 100)).rejects.toThrow("planted");
    scheduler.after(1, "one", count1);
    scheduler.after(2, "two", count1);
    await scheduler.run(() => count === 2, START_MS + 100);
    expect(count).toBe(2);
  });

  it("gives another trace where anything is otherwise", async () => {
    const traceOf = async (label: string, delayMs: number, bytes: Buffer) => {
      const scheduler = new Scheduler(START_MS);
      scheduler.after(delayMs, label, () => scheduler.trace.addBytes(bytes));
      await scheduler.run(never, START_MS + 100);
      return scheduler.trace.digest;
    };
    const same = await traceOf("a", 1, Buffer.of(1));
    expect(await traceOf("a", 1, Buffer.of(1))).toBe(same);
    const others = [
      await traceOf("b", 1, Buffer.of(1)),
      await traceOf("a", 1.01, Buffer.of(1)),
      await traceOf("a", 1, Buffer.of(2)),
    ];
    expect(new Set([same, ...others]).size).toBe(4);
  });
});

describe("a simulated process", () => {
  const make = () => {
    const scheduler = new Scheduler(START_MS);
    const deaths: string[] = [];
    const process = new SimulatedProcess("p", scheduler, 100, ({ name }) => deaths.push(name));
    return { scheduler, process, deaths };
  };

  it("hears of nothing once it is killed, and dies once", async () => {
    const { scheduler, process, deaths } = make();
    let heard = 0;
    process.later(1, "x", () => heard++);
    process.clock.after(1, () => heard++);
    process.kill();
    process.kill();
    expect(process.effect(() => heard++)).toBe(false);
    await scheduler.run(never, START_MS + 10);
    expect(heard).toBe(0);
    expect(deaths).toEqual(["p"]);
  });

  it("hears of everything in order when it is resumed", async () => {
    const { scheduler, process } = make();
    const heard: string[] = [];
    process.later(1, "a", () => heard.push(`a ${scheduler.nowMs}`));
    process.later(2, "b", () => heard.push(`b ${scheduler.nowMs}`));
    process.freeze();
    scheduler.after(50, "resume", () => process.resume());
    await scheduler.run(never, START_MS + 100);
    expect(heard).toEqual(["a 1050", "b 1050"]);
  });

  it("dies before or after the effect that it is to die at", () => {
    for (const when of ["before", "after"] as const) {
      const { process } = make();
      process.crashAt = { effect: 2, when };
      let done = 0;
      for (let index = 0; index < 4; index++) process.effect(() => done++);
      expect(done, when).toBe(when === "before" ? 1 : 2);
      expect(process.isAlive).toBe(false);
    }
  });

  it("has a clock of its own", () => {
    expect(make().process.clock.now()).toBe(START_MS + 100);
  });
});

describe("seeded chance", () => {
  it("is the same for the same seed, and forks don't depend on what else is drawn", () => {
    const draw = (random: Random) => Array.from({ length: 20 }, () => random.below(1_000));
    expect(draw(new Random(7))).toEqual(draw(new Random(7)));
    expect(draw(new Random(7))).not.toEqual(draw(new Random(8)));
    const parent = new Random(7);
    const fork = parent.fork("a");
    parent.below(5);
    expect(draw(fork)).toEqual(draw(new Random(7).fork("a")));
    expect(draw(new Random(7).fork("b"))).not.toEqual(draw(new Random(7).fork("a")));
  });
});
