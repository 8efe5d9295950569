import { parentPort } from "node:worker_threads";
import type { Done, Task } from "./messages.js";
import { plantOf } from "./plants/registry.js";
import { runSeed } from "./run.js";
import { shrink } from "./shrink.js";

// Runs one task after another; a seed's network is the only one in its thread.

if (!parentPort) throw new Error("worker-loop.js runs in a worker thread");
const port = parentPort;
let before: Promise<unknown> = Promise.resolve();
port.on("message", (task: Task) => {
  before = before.then(async () => port.postMessage(await carryOut(task)));
});

async function carryOut(task: Task): Promise<Done> {
  // A plant may keep what it has seen of a run, so each run gets its own.
  const { plant: name } = task;
  const planted = () => (name === undefined ? {} : { plant: plantOf(name) });
  switch (task.kind) {
    case "run":
      return { kind: "run", result: await runSeed({ ...task.options, ...planted() }) };
    case "shrink":
      return { kind: "shrink", shrunk: await shrink(task.seed, task.invariant, planted) };
  }
}
