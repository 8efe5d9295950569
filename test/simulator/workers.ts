import { availableParallelism } from "node:os";
import type { Done, Task } from "../../simulator/messages.js";
import type { RunResult } from "../../simulator/options.js";

type Pool = typeof import("../../simulator/pool.js").Pool;

/** Runs tasks on the built simulator's worker threads; results in the order of the tasks. */
export async function inWorkers(tasks: readonly Task[]): Promise<RunResult[]> {
  // The built one: its workers load their modules from dist, with cheap signatures in place.
  const built = (await import(new URL("../../dist/simulator/pool.js", import.meta.url).href)) as {
    Pool: Pool;
  };
  const pool = new built.Pool(availableParallelism());
  const results = new Map<Task, RunResult>();
  let next = 0;
  try {
    await pool.carryOut(
      () => tasks[next++],
      (task: Task, done: Done) => {
        if (done.kind === "run") results.set(task, done.result);
      },
    );
  } finally {
    await pool.close();
  }
  return tasks.map((task) => results.get(task)!);
}
