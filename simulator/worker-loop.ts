import { parentPort } from "node:worker_threads";
import type { Done, Task } from "./messages.js";
import { plantNamed } from "./plants/registry.js";
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
  const plant = task.plant === undefined ? {} : { plant: plantNamed(task.plant) };
  switch (task.kind) {
    case "run":
      return { kind: "run", result: await runSeed({ ...task.options, ...plant }) };
    case "shrink":
      return { kind: "shrink", shrunk: await shrink({ seed: task.seed, ...plant }, task.invariant) };
  }
}
