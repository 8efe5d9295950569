import { Worker } from "node:worker_threads";
import type { Done, Task } from "./messages.js";

/** Tasks that a worker has at a time, so that it never waits for the next. */
const TASKS_AHEAD = 2;

/** Young generation of a worker, in MiB: most of what a seed makes is garbage at once. */
const YOUNG_MIB_MAX = 64;

/** Worker threads that carry tasks out, each in its own order; answers come as they are ready. */
export class Pool {
  private readonly workers: { readonly worker: Worker; readonly waiting: ((done: Done) => void)[] }[];

  constructor(size: number) {
    this.workers = Array.from({ length: size }, () => {
      const worker = new Worker(new URL("./worker.js", import.meta.url), {
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
      });
      const waiting: ((done: Done) => void)[] = [];
      worker.on("message", (done: Done) => waiting.shift()?.(done));
      worker.on("error", (error) => {
        throw error;
      });
      return { worker, waiting };
    });
  }

  /** Carries out all tasks; hears of each answer with its task. The source is asked whenever a worker has room. */
  async carryOut(next: () => Task | undefined, onDone: (task: Task, done: Done) => void): Promise<void> {
    await Promise.all(
      this.workers.flatMap((slot) =>
        Array.from({ length: TASKS_AHEAD }, async () => {
          for (let task = next(); task; task = next()) {
            const sent = task;
            const done = await new Promise<Done>((resolve) => {
              slot.waiting.push(resolve);
              slot.worker.postMessage(sent);
            });
            onDone(sent, done);
          }
        }),
      ),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map(({ worker }) => worker.terminate()));
  }
}
