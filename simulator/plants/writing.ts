import type { OutputRecord, StepResult } from "../../processors/stage.js";
import type { Environment, OpenTask } from "../../runtime/driver/environment.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import type { PlantedBug, Seams } from "./plant.js";
import { inTaskOf, withTask } from "./seams.js";

/** How long output is collected, in milliseconds. */
const COLLECT_MS = 200;

/** Output waits for more while positions move on. */
function collecting(open: OpenTask): OpenTask {
  const { task } = open;
  let held: OutputRecord[] = [];
  return {
    ...open,
    task: {
      step(records, nowMs): StepResult {
        const result = task.step(records, nowMs);
        held.push(...result.records);
        return { ...result, records: [], wakeAtMs: nowMs + COLLECT_MS };
      },
      timer(): StepResult {
        const records = held;
        held = [];
        return { records };
      },
    },
  };
}

function withoutTransactions(open: OpenTask, { kafka }: Environment): OpenTask {
  const writer = new PlainWriter(kafka);
  const fence = open.transactional!;
  return {
    ...open,
    transactional: {
      async write(messages) {
        for (const message of messages) await writer.write([message]);
      },
      async close() {
        await writer.close();
        await fence.close();
      },
    },
  };
}

/** The store has a block before its records are written. */
function storingFirst(open: OpenTask): OpenTask {
  return withTask(open, {
    result: ({ store, ...result }) => {
      if (store && store.length > 0) void open.store!.write(store);
      return result;
    },
  });
}

function ignoringFailures(open: OpenTask): OpenTask {
  const writer = open.transactional!;
  return {
    ...open,
    transactional: {
      write: (messages) => writer.write(messages).catch(() => undefined),
      close: () => writer.close(),
    },
  };
}

function unfenced(): Seams {
  let opened = 0;
  return { client: { transactionalId: (id) => `${id}.${++opened}` } };
}

/** Output, its order and its positions. */
export const writingPlants = {
  "position-before-output": {
    about: "validate collects its output for a while, and its position moves on meanwhile.",
    found: { seed: 7, invariant: "ended-once" },
    make: () => inTaskOf(["validate"], collecting),
  },
  "output-not-atomic": {
    about: "execute writes a block's records one by one, outside a Kafka transaction.",
    found: { seed: 40, invariant: "lag-zero" },
    make: () => inTaskOf(["execute"], withoutTransactions),
  },
  "store-before-output": {
    about: "execute stores a block before its records are written.",
    found: { seed: 1, invariant: "lag-zero" },
    make: () => inTaskOf(["execute"], storingFirst),
  },
  "failed-write-ignored": {
    about: "execute goes on after a write that failed.",
    found: { seed: 1, invariant: "lag-zero" },
    make: () => inTaskOf(["execute"], ignoringFailures),
  },
  "not-fenced": {
    about: "Each opening has a transactional id of its own, so that nobody is fenced.",
    found: { seed: 39, invariant: "written-once" },
    make: unfenced,
  },
  "order-lost": {
    about: "shard-assign writes what it read together in another order.",
    found: { seed: 1, invariant: "ended-once" },
    make: () =>
      inTaskOf(["shard-assign"], (open) =>
        withTask(open, { result: (result) => ({ ...result, records: [...result.records].reverse() }) }),
      ),
  },
} satisfies Record<string, PlantedBug>;
