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
/** Jobs that a thread has at a time: one in work, and the next, so that it doesn't wait for us. */
const JOBS_PER_THREAD_MAX = 2;
/** Memory of a thread, in MiB: it keeps nothing. */
const THREAD_HEAP_MIB = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 16 };

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, (verdicts: Uint8Array | undefined) => void>;
}

/** Parts of one step's records that no thread has yet. */
interface Call {
  readonly topic: JobTopic;
  readonly parts: (readonly InputRecord[])[];
  /** Those that aren't done; resolves at 0. */
  left: number;
  readonly resolve: () => void;
}

/**
 * Threads that check signatures, at most one for each core. A check is the same pure function on the same bytes wherever it runs:
 * threads only let a process use more than one core, and keep the checks, which are most of the work, together.
 * Each stage and each validator has its own checks made; no verdict is ever used twice. Steps that wait have a part
 * checked in turn, so a partition with few records doesn't wait for all of one with many.
 */
export class SignaturePool implements SignatureChecks {
  private readonly threads: Thread[];
  private readonly calls: Call[] = [];
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
    const thread: Thread = { worker, waiting: new Map() };
    worker.on("message", ({ id, verdicts, tookMs }: { id: number; verdicts: Uint8Array; tookMs: number }) => {
      this.busyMs += tookMs;
      const take = thread.waiting.get(id);
      thread.waiting.delete(id);
      take?.(verdicts);
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
    const takes = [...thread.waiting.values()];
    thread.waiting.clear();
    for (const take of takes) take(undefined);
    this.handOut();
  }

  /** What all jobs took so far, in milliseconds of wall time. */
  get checkedMs(): number {
    return this.busyMs;
  }

  async check(topic: JobTopic, records: readonly InputRecord[]): Promise<void> {
    const present = records.filter(({ value }) => value !== null);
    if (present.length <= INLINE_RECORDS_MAX) return;
    const parts: InputRecord[][] = [];
    for (let start = 0; start < present.length; start += JOB_RECORDS_MAX)
      parts.push(present.slice(start, start + JOB_RECORDS_MAX));
    await new Promise<void>((resolve) => {
      this.calls.push({ topic, parts, left: parts.length, resolve });
      this.handOut();
    });
  }

  /** Gives the threads what they have room for: of each call that waits a part, then of each the next. */
  private handOut(): void {
    for (let call = this.calls[0]; call; call = this.calls[0]) {
      if (this.threads.length === 0) {
        // Nobody is left to check them: the steps do it.
        this.calls.shift();
        call.left -= call.parts.length;
        if (call.left <= 0) call.resolve();
        continue;
      }
      const thread = this.threads.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
      if (thread.waiting.size >= JOBS_PER_THREAD_MAX) return;
      this.calls.shift();
      const part = call.parts.shift()!;
      if (call.parts.length > 0) this.calls.push(call);
      this.run(thread, call, part);
    }
  }

  private run(thread: Thread, call: Call, records: readonly InputRecord[]): void {
    const job = makeJob(
      call.topic,
      records.map(({ value }) => value!),
    );
    const id = this.nextId++;
    thread.waiting.set(id, (verdicts) => {
      if (verdicts)
        records.forEach((record, index) => {
          record.authorship = verdictAt(verdicts, index);
        });
      call.left--;
      if (call.left === 0) call.resolve();
      this.handOut();
    });
    thread.worker.postMessage({ id, job }, [job.bytes.buffer as ArrayBuffer]);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.threads.splice(0).map(async (thread) => {
        this.drop(thread);
        await thread.worker.terminate();
      }),
    );
  }
}
