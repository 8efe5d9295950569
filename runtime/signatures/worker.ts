import { parentPort, workerData } from "node:worker_threads";
import type { TransactionRules } from "../../ledger/transaction/index.js";
import { checkJob, type Job } from "./job.js";

/** A thread that checks signatures, see pool.ts. */

const rules = workerData as TransactionRules;

parentPort!.on("message", ({ id, job }: { id: number; job: Job }) => {
  const startMs = performance.now();
  const verdicts = checkJob(job, rules);
  parentPort!.postMessage({ id, verdicts, tookMs: performance.now() - startMs }, [
    verdicts.buffer as ArrayBuffer,
  ]);
});
