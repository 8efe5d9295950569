import { Worker } from "node:worker_threads";
import type { Answer, Results, Task } from "./tasks.js";

interface Waiting {
  readonly task: Task;
  readonly resolve: (result: Results[keyof Results]) => void;
  readonly reject: (error: unknown) => void;
}

/** Runs tasks in threads, each in one of its own, at most `threads` at a time; those that others wait for go first. */
export function threadPool(threads: number, say: (line: string) => void) {
  const urgent: Waiting[] = [];
  const waiting: Waiting[] = [];
  let running = 0;

  function next(): void {
    const found = running < threads ? (urgent.shift() ?? waiting.shift()) : undefined;
    if (!found) return;
    running++;
    inThread(found.task, say)
      .then(found.resolve, found.reject)
      .finally(() => {
        running--;
        next();
      });
  }

  return {
    run<K extends Task["kind"]>(
      _kind: K,
      task: Extract<Task, { kind: K }>,
      isUrgent = false,
    ): Promise<Results[K]> {
      return new Promise((resolve, reject) => {
        const entry = {
          task,
          resolve: (result: Results[keyof Results]) => resolve(result as Results[K]),
          reject,
        };
        (isUrgent ? urgent : waiting).push(entry);
        next();
      });
    },
  };
}

function inThread(task: Task, say: (line: string) => void): Promise<Results[keyof Results]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: task });
    worker.on("message", (answer: Answer) => {
      if (answer.kind === "says") say(answer.line);
      else resolve(answer.result);
    });
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`a thread ended with ${code} before its result`)));
  });
}
