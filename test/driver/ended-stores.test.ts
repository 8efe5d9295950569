import { expect, it } from "vitest";
import type { Clock } from "../../runtime/clock.js";
import { EndedStores } from "../../runtime/stages/ended-stores.js";
import type { ShardEnd } from "../../runtime/stages/shard-end.js";

/** A store that says when it is closed. */
function endOf(closed: string[], name: string): ShardEnd {
  return { store: { close: async () => void closed.push(name) } } as unknown as ShardEnd;
}

/** A clock whose timers run when they are told to. */
function handClock() {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    after: (_ms, run) => {
      timers.push(run);
      return { cancel: () => void timers.splice(timers.indexOf(run), 1) };
    },
  };
  return { clock, timers };
}

it("closes a store only when its time is over and nobody works with it", async () => {
  const { clock, timers } = handClock();
  const stores = new EndedStores();
  const closed: string[] = [];
  await stores.keep(1, endOf(closed, "one"), clock);
  let finish = (): void => undefined;
  const work = stores.use(1, () => new Promise<void>((resolve) => (finish = resolve)));
  timers[0]!();
  await Promise.resolve();
  expect(closed).toEqual([]);
  expect(await stores.use(1, async () => "too late")).toBeUndefined();
  finish();
  await work;
  expect(closed).toEqual(["one"]);
});

it("gives one store to several, and closes it once", async () => {
  const { clock } = handClock();
  const stores = new EndedStores();
  const closed: string[] = [];
  await stores.keep(1, endOf(closed, "one"), clock);
  const said = await Promise.all([stores.use(1, async () => "left"), stores.use(1, async () => "right")]);
  expect(said).toEqual(["left", "right"]);
  expect(closed).toEqual([]);
  await stores.close();
  await stores.close();
  expect(closed).toEqual(["one"]);
});

it("says what went wrong with the work, and keeps the store", async () => {
  const { clock } = handClock();
  const stores = new EndedStores();
  const closed: string[] = [];
  await stores.keep(1, endOf(closed, "one"), clock);
  await expect(stores.use(1, () => Promise.reject(new Error("damaged")))).rejects.toThrow("damaged");
  expect(await stores.use(1, async () => "again")).toBe("again");
  expect(closed).toEqual([]);
});

it("lets go of an earlier end of the same shard", async () => {
  const { clock, timers } = handClock();
  const stores = new EndedStores();
  const closed: string[] = [];
  await stores.keep(1, endOf(closed, "earlier"), clock);
  await stores.keep(1, endOf(closed, "later"), clock);
  expect(closed).toEqual(["earlier"]);
  expect(timers).toHaveLength(1);
});
