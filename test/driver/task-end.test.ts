import { expect, it } from "vitest";
import type { StageTask } from "../../processors/stage.js";
import { systemClock } from "../../runtime/clock.js";
import type { StageDriver } from "../../runtime/driver/environment.js";
import { TaskSlot } from "../../runtime/driver/task-slot.js";

const record = (offset: number) => ({
  ...{ topic: "shard.log" as const, partition: 1, offset, timeMs: 0, key: null, value: null },
});

/** A task whose shard has its last block with the record of offset 1, and is done with that of offset 2. */
function endingTask(): StageTask {
  let last = -1;
  return {
    step(records) {
      last = records.at(-1)!.offset;
      return { records: [] };
    },
    get hasEnded() {
      return last >= 1;
    },
    get isDone() {
      return last >= 2;
    },
  };
}

it("says once that the shard has had its last block, and ends instead of closing the store", async () => {
  const calls: string[] = [];
  const driver = {
    environment: { clock: systemClock, network: { genesis: { network: "test" } }, schemaIds: new Map() },
    writer: { write: async () => undefined },
  } as unknown as StageDriver;
  const open = {
    task: endingTask(),
    store: { close: async () => void calls.push("store closed") } as never,
    transactional: { write: async () => undefined, close: async () => void calls.push("writer closed") },
    ending: () => void calls.push("ending"),
    end: async () => void calls.push("end"),
  };
  const events = {
    stepped: () => void calls.push("stepped"),
    failed: (_partition: number, error: unknown) => void calls.push(`failed: ${error}`),
  };
  const slot = new TaskSlot(1, open, driver, events, new Map());
  const steps = () => calls.filter((call) => call === "stepped").length;
  for (const offset of [0, 1, 2]) {
    slot.enqueue([record(offset)], "shard.log");
    await expect.poll(steps).toBe(offset + 1);
  }
  expect(slot.isDone).toBe(true);
  await slot.end();
  expect(calls).toEqual(["stepped", "ending", "stepped", "stepped", "end", "writer closed"]);
});
