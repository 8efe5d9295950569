import { parentPort, workerData } from "node:worker_threads";
import { loadTarget } from "./registry.js";
import { run } from "./run.js";
import type { TargetName } from "./target.js";

/** What `main.ts` gives a worker. */
export interface WorkerInput {
  readonly name: TargetName;
  readonly seed: number;
  readonly seconds: number;
  /** Shared: number of the case, length of its input. */
  readonly counters: SharedArrayBuffer;
  /** Shared: the input that is being read. */
  readonly input: SharedArrayBuffer;
}

const { name, seed, seconds, counters, input } = workerData as WorkerInput;
const [places, bytes] = [new Int32Array(counters), new Uint8Array(input)];

const report = await run(name, await loadTarget(name), {
  seed,
  seconds,
  before: (next) => {
    bytes.set(next.subarray(0, bytes.length));
    Atomics.store(places, 1, Math.min(next.length, bytes.length));
    Atomics.add(places, 0, 1);
  },
});
parentPort!.postMessage(report);
