import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { TransactionRules } from "../../ledger/transaction/index.js";
import type { InputRecord } from "../../processors/stage.js";
import { type JobTopic, makeJob, verdictAt } from "./job.js";

/** Checks signatures ahead of a step; what it found is on the records afterwards. */
export interface SignatureChecks {
  /** Never fails: a record without a verdict is checked by the step itself. */
  check(topic: JobTopic, records: readonly InputRecord[]): Promise<void>;
}

/** Records of one job: enough that handing it over costs nothing, few enough that all threads have some. */
const JOB_RECORDS_MAX = 128;
/** So few are checked by the step: handing them over and waking a thread would cost more than it saves. */
const INLINE_RECORDS_MAX = 3;
/** Memory of a thread, in MiB: it keeps nothing. */
const THREAD_HEAP_MIB = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 16 };

interface Thread {
  readonly worker: Worker;
  /** Records handed over and not checked yet. */
  load: number;
  readonly waiting: Map<number, (verdicts: Uint8Array | undefined) => void>;
}

/**
 * Threads that check signatures, at most one for each core. A check is the same pure function on the same bytes wherever it runs:
 * threads only let a process use more than one core, and keep the checks, which are most of the work, together.
 * Each stage and each validator has its own checks made; no verdict is ever used twice.
 */
export class SignaturePool implements SignatureChecks {
  private readonly threads: Thread[];
  private nextId = 0;
  private busyMs = 0;

  /** @param checks how often each transaction is checked in this process: more threads than that would only wait */
  constructor(
    rules: TransactionRules,
    checks: number,
    private readonly onFailure: (error: Error) => void,
  ) {
    const size = Math.min(availableParallelism(), checks);
    this.threads = Array.from({ length: size }, () => this.startThread(rules));
  }

  private startThread(rules: TransactionRules): Thread {
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: rules,
      resourceLimits: THREAD_HEAP_MIB,
    });
    const thread: Thread = { worker, load: 0, waiting: new Map() };
    worker.on("message", ({ id, verdicts, tookMs }: { id: number; verdicts: Uint8Array; tookMs: number }) => {
      this.busyMs += tookMs;
      thread.waiting.get(id)?.(verdicts);
      thread.waiting.delete(id);
    });
    worker.on("error", (error) => {
      this.onFailure(error as Error);
      this.drop(thread);
    });
    worker.unref();
    return thread;
  }

  /** Goes on without a thread that failed: what it had is left to the steps. */
  private drop(thread: Thread): void {
    const index = this.threads.indexOf(thread);
    if (index >= 0) this.threads.splice(index, 1);
    for (const resolve of thread.waiting.values()) resolve(undefined);
    thread.waiting.clear();
  }

  /** What all jobs took so far, in milliseconds of wall time. */
  get checkedMs(): number {
    return this.busyMs;
  }

  async check(topic: JobTopic, records: readonly InputRecord[]): Promise<void> {
    const present = records.filter(({ value }) => value !== null);
    if (present.length <= INLINE_RECORDS_MAX) return;
    const jobs: Promise<void>[] = [];
    for (let start = 0; start < present.length; start += JOB_RECORDS_MAX) {
      jobs.push(this.run(topic, present.slice(start, start + JOB_RECORDS_MAX)));
    }
    await Promise.all(jobs);
  }

  private async run(topic: JobTopic, records: readonly InputRecord[]): Promise<void> {
    let thread = this.threads[0];
    if (!thread) return;
    for (const other of this.threads) if (other.load < thread.load) thread = other;
    const chosen = thread;
    const job = makeJob(
      topic,
      records.map(({ value }) => value!),
    );
    const id = this.nextId++;
    chosen.load += records.length;
    const verdicts = await new Promise<Uint8Array | undefined>((resolve) => {
      chosen.waiting.set(id, resolve);
      chosen.worker.postMessage({ id, job }, [job.bytes.buffer as ArrayBuffer]);
    });
    chosen.load -= records.length;
    if (!verdicts) return;
    records.forEach((record, index) => {
      record.authorship = verdictAt(verdicts, index);
    });
  }

  async close(): Promise<void> {
    await Promise.all(
      this.threads.splice(0).map(async (thread) => {
        for (const resolve of thread.waiting.values()) resolve(undefined);
        await thread.worker.terminate();
      }),
    );
  }
}
