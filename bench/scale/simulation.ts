import { Random } from "../../simulator/kernel/random.js";
import { type MeasuredCosts, SCALE_STAGES, type ScaleStage } from "./costs.js";
import {
  brokerCpu,
  DISK_BYTES_PER_SECOND,
  type Installation,
  NETWORK_BYTES_PER_SECOND,
} from "./installation.js";

/** What an installation does under an offered rate, by the model. */
export interface Simulated {
  readonly offeredTps: number;
  readonly finalTps: number;
  /** From publication to the final notification, in milliseconds. */
  readonly finalP50Ms: number;
  readonly finalP99Ms: number;
  /** Share of the time that each part is busy; 1: it is the limit. */
  readonly busy: Readonly<Record<string, number>>;
}

/** Transactions that came together, on their way through a queue. */
interface Cohort {
  readonly bornMs: number;
  count: number;
  /** Not before then: it is on its way from the stage before. */
  readonly readyMs: number;
}

/** A main thread: one core at most, whatever stages it runs. */
interface Thread {
  readonly name: string;
  /** Of the slice at hand. */
  leftMs: number;
  busyMs: number;
}

/** One stage in one process. */
interface Worker {
  readonly stage: ScaleStage;
  readonly thread: Thread;
  readonly queue: Cohort[];
}

interface Machine {
  readonly name: string;
  readonly cores: number;
  readonly workers: Worker[];
  busyMs: number;
}

const SLICE_MS = 5;
/** Less time, or less of a transaction, is nothing. */
const LEAST = 1e-6;
const WARM_UP_MS = 2_000;
const RUN_MS = 10_000;
/** Before its block is closed an entry waits for up to this long. */
const BLOCK_MS = 200;

/**
 * Runs time in slices: what a worker has CPU for, it hands to the next stage. All work of a machine shares its cores fairly;
 * a main thread never gets more than one. Validators work alike, so one stands for all.
 */
export function simulate(
  installation: Installation,
  costs: MeasuredCosts,
  offeredTps: number,
  seed: number,
): Simulated {
  const random = new Random(seed);
  const { isOneMachine } = installation;
  const model = build(installation);
  const brokerShare = brokerCpu(costs, installation.validators, installation.replication);
  const own = isOneMachine ? withAllValidators(costs, installation.validators) : costs;
  const finals: { ms: number; count: number }[] = [];
  let ended = 0;
  let brokerMs = 0;
  for (let nowMs = 0; nowMs < WARM_UP_MS + RUN_MS; nowMs += SLICE_MS) {
    const isMeasured = nowMs >= WARM_UP_MS;
    for (const worker of model.first) {
      // Unevenly, as from many producers: between nothing and twice the mean.
      const mean = (offeredTps * SLICE_MS) / 1_000 / model.first.length;
      const count = mean * 2 * random.fraction();
      if (count > 0) worker.queue.push({ bornMs: nowMs, count, readyMs: nowMs + costs.hopMs });
    }
    const stolen = isOneMachine ? stolenShare(brokerMs, nowMs, model.machines[0]!.cores) : 0;
    for (const machine of model.machines) {
      for (const { worker, count, bornMs } of work(machine, nowMs, own, stolen, isMeasured)) {
        const next = nextStage(worker.stage);
        brokerMs += (1_000 * count * brokerShare) / SCALE_STAGES.length;
        if (next === undefined) {
          if (!isMeasured) continue;
          ended += count;
          finals.push({ ms: nowMs + SLICE_MS + costs.hopMs - bornMs, count });
          continue;
        }
        // A block's entries go on together, when its time is over.
        const waitMs = next === "execute" ? BLOCK_MS - (nowMs % BLOCK_MS) : 0;
        const targets = model.workers.get(next)!;
        const target = targets[random.below(targets.length)]!;
        target.queue.push({ bornMs, count, readyMs: nowMs + SLICE_MS + costs.hopMs + waitMs });
      }
    }
  }
  const seconds = RUN_MS / 1_000;
  const busy: Record<string, number> = {};
  for (const machine of model.machines) busy[machine.name] = share(machine.busyMs / machine.cores);
  for (const { name, busyMs } of model.threads) busy[name] = Math.max(busy[name] ?? 0, share(busyMs));
  const rate = ended / seconds;
  busy["brokers' cores"] = isOneMachine
    ? busy.machine!
    : (rate * brokerShare) / (installation.brokers * installation.brokerCores);
  const bytes = rate * costs.bytesWritten * installation.replication;
  busy["brokers' disks"] = bytes / (installation.brokers * DISK_BYTES_PER_SECOND);
  const read = rate * (costs.bytesWritten + costs.bytesPerValidator * installation.validators) + bytes;
  busy["brokers' network"] = read / (installation.brokers * NETWORK_BYTES_PER_SECOND);
  finals.sort((a, b) => a.ms - b.ms);
  return {
    offeredTps,
    finalTps: Math.round(rate),
    finalP50Ms: percentile(finals, 0.5),
    finalP99Ms: percentile(finals, 0.99),
    busy: Object.fromEntries(Object.entries(busy).map(([name, value]) => [name, Number(value.toFixed(3))])),
  };
}

/** On one machine every validator's work is there; elsewhere one validator's machine stands for all. */
function withAllValidators(costs: MeasuredCosts, validators: number): MeasuredCosts {
  const { signature, main, broker } = costs.stages.vote;
  const vote = { signature: validators * signature, main: validators * main, broker };
  return { ...costs, stages: { ...costs.stages, vote } };
}

function share(busyMs: number): number {
  return busyMs / RUN_MS;
}

/** Share of a machine's cores that a broker on it takes. */
function stolenShare(brokerMs: number, nowMs: number, cores: number): number {
  return nowMs === 0 ? 0 : Math.min(0.9, brokerMs / nowMs / cores);
}

function nextStage(stage: ScaleStage): ScaleStage | undefined {
  switch (stage) {
    case "validate":
      return "shard-assign";
    case "shard-assign":
      return "execute";
    case "execute":
      return "vote";
    case "vote":
      return "finalize";
    case "finalize":
      return "notify";
    case "notify":
      return undefined;
  }
}

function build(installation: Installation) {
  const { isOneMachine } = installation;
  const stages: Machine = {
    name: isOneMachine ? "machine" : "stages' cores",
    cores: installation.stageCores,
    workers: [],
    busyMs: 0,
  };
  const validator: Machine = isOneMachine
    ? stages
    : { name: "a validator's cores", cores: installation.validatorCores, workers: [], busyMs: 0 };
  const workers = new Map<ScaleStage, Worker[]>();
  const threads: Thread[] = [];
  const thread = (name: string): Thread => {
    const made = { name: `${name}, main thread`, leftMs: 0, busyMs: 0 };
    threads.push(made);
    return made;
  };
  // As `npm start` has it: all stages in one process, all validators in another.
  const shared = isOneMachine ? { stages: thread("stages"), vote: thread("validators") } : undefined;
  for (const stage of SCALE_STAGES) {
    const machine = stage === "vote" ? validator : stages;
    const own = Array.from(
      { length: Math.max(1, installation.processes[stage]) },
      (): Worker => ({
        stage,
        thread: shared?.[stage === "vote" ? "vote" : "stages"] ?? thread(stage),
        queue: [],
      }),
    );
    machine.workers.push(...own);
    workers.set(stage, own);
  }
  const machines = isOneMachine ? [stages] : [stages, validator];
  return { machines, workers, threads, first: workers.get("validate")! };
}

/** One slice of a machine: yields what each worker is done with. */
function* work(
  machine: Machine,
  nowMs: number,
  costs: MeasuredCosts,
  stolen: number,
  isMeasured: boolean,
): Generator<{ worker: Worker; count: number; bornMs: number }> {
  let left = machine.cores * SLICE_MS * (1 - stolen);
  for (const { thread } of machine.workers) thread.leftMs = SLICE_MS;
  const isReady = ({ queue, thread }: Worker) =>
    queue[0] !== undefined && queue[0].readyMs <= nowMs && thread.leftMs > LEAST;
  // The fair share of each; what one doesn't need is the others', so again and again until nothing is left.
  for (let waiting = machine.workers.filter(isReady); waiting.length > 0 && left > LEAST; ) {
    for (const [index, worker] of waiting.entries()) {
      const { main, signature } = costs.stages[worker.stage];
      const mainMs = 1_000 * main;
      const allMs = mainMs + 1_000 * signature;
      let budget = left / (waiting.length - index);
      while (isReady(worker) && budget > LEAST) {
        const cohort = worker.queue[0]!;
        const count = Math.min(cohort.count, budget / allMs, worker.thread.leftMs / mainMs);
        budget -= count * allMs;
        worker.thread.leftMs -= count * mainMs;
        left -= count * allMs;
        if (isMeasured) {
          worker.thread.busyMs += count * mainMs;
          machine.busyMs += count * allMs;
        }
        cohort.count -= count;
        if (cohort.count <= LEAST) worker.queue.shift();
        yield { worker, count, bornMs: cohort.bornMs };
      }
    }
    waiting = machine.workers.filter(isReady);
  }
  if (isMeasured) machine.busyMs += stolen * machine.cores * SLICE_MS;
}

function percentile(sorted: readonly { ms: number; count: number }[], part: number): number {
  const all = sorted.reduce((sum, { count }) => sum + count, 0);
  let passed = 0;
  for (const { ms, count } of sorted) {
    passed += count;
    if (passed >= part * all) return Math.round(ms);
  }
  return 0;
}
