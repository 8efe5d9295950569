import type { FaultClass } from "./faults/classes.js";
import type { Task } from "./messages.js";
import type { RunResult, Scenario } from "./options.js";
import type { PlantName } from "./plants/registry.js";
import { Pool } from "./pool.js";
import type { Shrunk } from "./shrink.js";

/** What `rustorium simulate --json` prints. */
export interface SimulationReport {
  /** Seeds run, each once; see runTwice. */
  readonly seeds: number;
  readonly firstSeed: number;
  readonly seedsPerMinute: number;
  /** Events of all seeds, and of the seed with the fewest. */
  readonly events: number;
  readonly eventsMin: number;
  /** Faults of all seeds by class, and of the seed with the fewest. */
  readonly faults: Readonly<Partial<Record<FaultClass, number>>>;
  readonly faultsMin: number;
  /** Simulated time of all seeds, in milliseconds. */
  readonly simulatedMs: number;
  readonly transactions: number;
  readonly blocks: number;
  readonly realSignatures: number;
  /** Changes of the shard tree that were done. */
  readonly splits: number;
  readonly merges: number;
  /** Changes that were decided while transfers were in escrow. */
  readonly changesWithEscrow: number;
  /** Seeds that were run a second time and gave the same trace hash. */
  readonly runTwice: number;
  readonly failures: readonly SeedFailure[];
}

/** A seed that failed, and the least that still does. */
export interface SeedFailure {
  readonly seed: number;
  readonly invariant: string;
  readonly detail: string;
  /** To be put into simulator/regressions.ts; undefined where it wasn't looked for. */
  readonly shrunk?: Shrunk;
}

export interface SimulationPlan {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly workers: number;
  readonly scenario?: Scenario;
  readonly realSignatures?: boolean;
  /** Name of a fault to plant in the stages, to see it found. */
  readonly plant?: PlantName;
  readonly onProgress: (done: number, failed: number) => void;
}

/** One seed in so many is run twice. */
const TWICE_EVERY = 100;
/** Failed seeds that are kept, and shrunk. */
const FAILURES_KEPT_MAX = 50;
const FAILURES_SHRUNK_MAX = 5;

/** Runs a range of seeds on worker threads. */
export async function simulate(plan: SimulationPlan): Promise<SimulationReport> {
  const pool = new Pool(plan.workers);
  try {
    const total = new Total();
    const startMs = performance.now();
    await pool.carryOut(seedsOf(plan), (_, done) => {
      if (done.kind !== "run") return;
      total.add(done.result);
      plan.onProgress(total.runs, total.failures.length);
    });
    const seconds = (performance.now() - startMs) / 1_000;
    const shrunk = await shrinkFirst(pool, total.failures, plan.plant);
    return total.report(plan, (total.runs * 60) / seconds, shrunk);
  } finally {
    await pool.close();
  }
}

function seedsOf(plan: SimulationPlan): () => Task | undefined {
  const { seeds, firstSeed, plant, scenario, realSignatures } = plan;
  const common = { ...(scenario && { scenario }), ...(realSignatures && { realSignatures }) };
  const run = (seed: number): Task => ({
    kind: "run",
    options: { seed, ...common },
    ...(plant && { plant }),
  });
  let index = 0;
  const again: number[] = [];
  return () => {
    if (index < seeds) {
      const seed = firstSeed + index++;
      // Not right after the first time, and perhaps in another thread.
      if (index % TWICE_EVERY === 1) again.push(seed);
      return run(seed);
    }
    const seed = again.shift();
    return seed === undefined ? undefined : run(seed);
  };
}

async function shrinkFirst(
  pool: Pool,
  failures: readonly SeedFailure[],
  plant: PlantName | undefined,
): Promise<Map<number, Shrunk>> {
  const tasks: Task[] = failures
    .slice(0, FAILURES_SHRUNK_MAX)
    .map(({ seed, invariant }) => ({ kind: "shrink", seed, invariant, ...(plant && { plant }) }));
  const shrunk = new Map<number, Shrunk>();
  await pool.carryOut(
    () => tasks.shift(),
    (_, done) => {
      if (done.kind === "shrink") shrunk.set(done.shrunk.seed, done.shrunk);
    },
  );
  return shrunk;
}

/** What all runs were together. */
class Total {
  runs = 0;
  readonly failures: SeedFailure[] = [];
  private readonly traces = new Map<number, string>();
  private readonly faults = new Map<FaultClass, number>();
  private runTwice = 0;
  private events = 0;
  private eventsMin = Number.POSITIVE_INFINITY;
  private faultsMin = Number.POSITIVE_INFINITY;
  private simulatedMs = 0;
  private transactions = 0;
  private blocks = 0;
  private realSignatures = 0;
  private splits = 0;
  private merges = 0;
  private changesWithEscrow = 0;

  add(result: RunResult): void {
    this.runs++;
    const before = this.traces.get(result.seed);
    if (before !== undefined) {
      if (before === result.trace) this.runTwice++;
      else this.fail(result.seed, "not-deterministic", `trace ${before}, then ${result.trace}`);
      return;
    }
    this.traces.set(result.seed, result.trace);
    let faults = 0;
    for (const [fault, count] of Object.entries(result.faults)) {
      faults += count;
      this.faults.set(fault as FaultClass, (this.faults.get(fault as FaultClass) ?? 0) + count);
    }
    this.faultsMin = Math.min(this.faultsMin, faults);
    this.events += result.events;
    this.eventsMin = Math.min(this.eventsMin, result.events);
    this.simulatedMs += result.simulatedMs;
    this.transactions += result.transactions;
    this.blocks += result.blocks;
    if (result.realSignatures) this.realSignatures++;
    this.splits += result.splits;
    this.merges += result.merges;
    this.changesWithEscrow += result.changesWithEscrow;
    const [first] = result.failures;
    if (first) this.fail(result.seed, first.invariant, first.detail);
  }

  private fail(seed: number, invariant: string, detail: string): void {
    if (this.failures.length < FAILURES_KEPT_MAX) this.failures.push({ seed, invariant, detail });
  }

  report(
    plan: SimulationPlan,
    seedsPerMinute: number,
    shrunk: ReadonlyMap<number, Shrunk>,
  ): SimulationReport {
    const { events, eventsMin, faultsMin, simulatedMs, transactions, blocks, realSignatures, runTwice } =
      this;
    const { splits, merges, changesWithEscrow } = this;
    return {
      seeds: this.traces.size,
      firstSeed: plan.firstSeed,
      seedsPerMinute: Math.round(seedsPerMinute),
      events,
      eventsMin,
      faults: Object.fromEntries([...this.faults].sort()),
      faultsMin,
      simulatedMs,
      transactions,
      blocks,
      realSignatures,
      splits,
      merges,
      changesWithEscrow,
      runTwice,
      failures: this.failures.map((failure) => {
        const least = shrunk.get(failure.seed);
        return least ? { ...failure, shrunk: least } : failure;
      }),
    };
  }
}
