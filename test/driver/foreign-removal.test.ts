import { expect, it } from "vitest";
import { FOREIGN_KEY, stateRange } from "../../processors/chain/store-layout.js";
import type { Clock } from "../../runtime/clock.js";
import { ForeignRemoval, foreignMark } from "../../runtime/stages/foreign-values.js";
import { MemoryStore } from "../support/topics.js";

const OWN = `${stateRange("0").from}own`;
const FOREIGN = `${stateRange("1").from}foreign`;

/** The store of a shard with prefix 0 that has a value of its sibling's; when it is to be removed is the test's to say. */
async function cloned(forgets: () => Promise<void> = async () => undefined) {
  const store = new MemoryStore();
  await store.write([[OWN, Buffer.of(1)], [FOREIGN, Buffer.of(2)], foreignMark("0")]);
  const forget = store.forget.bind(store);
  store.forget = async (from, below) => {
    await forgets();
    await forget(from, below);
  };
  const due: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    after: (_ms, call) => {
      due.push(call);
      return { cancel: () => void due.splice(0) };
    },
  };
  const removal = new ForeignRemoval(store, clock, stateRange(""), stateRange("0"));
  return { store, removal, fallDue: () => due[0]?.() };
}

it("removes what isn't the shard's, and the mark of it", async () => {
  const { store, fallDue } = await cloned();
  fallDue();
  await expect.poll(() => store.get(FOREIGN_KEY)).toBeUndefined();
  expect(store.get(OWN)).toEqual(Buffer.of(1));
  expect(store.get(FOREIGN)).toBeUndefined();
});

it("removes nothing once it is stopped", async () => {
  const { store, removal, fallDue } = await cloned();
  await removal.stop();
  fallDue();
  await Promise.resolve();
  expect(store.get(FOREIGN)).toEqual(Buffer.of(2));
});

it("is stopped when what is under way is done, and keeps the mark", async () => {
  let forgot = (): void => undefined;
  const { store, removal, fallDue } = await cloned(() => new Promise((resolve) => (forgot = resolve)));
  fallDue();
  let isStopped = false;
  const stopped = removal.stop().then(() => (isStopped = true));
  await new Promise(setImmediate);
  expect(isStopped).toBe(false);
  forgot();
  await stopped;
  expect(store.get(FOREIGN_KEY)).toBeDefined();
});
