import { useRealSignatures } from "./crypto/mode.js";
import { FAULT_CLASSES, type FaultClass } from "./faults/classes.js";
import { Random } from "./kernel/random.js";
import { type Failure, isFinding, type RunOptions, type RunResult } from "./options.js";
import { START_MS } from "./world/network.js";
import { drawNetwork, drawResharded } from "./world/shapes.js";
import { storeContents, storesAreLevel } from "./world/stores.js";
import { World } from "./world/world.js";

/** One seed in so many has real signatures. */
const REAL_SIGNATURES_EVERY = 50;
const TRANSACTIONS_MIN = 30;
const TRANSACTIONS_MAX = 65;
/** Where shards change, a run is longer: a change takes a second or more with all the faults. */
const RESHARD_TIMES = 3;
/** Partitions for shards to come: more than changes can use in a run. */
const RESHARD_SPARE_PARTITIONS = 32;
const LOAD_MS_MIN = 2_000;
const LOAD_MS_MAX = 4_000;
const FAULTS_MIN = 16;
const FAULTS_MAX = 30;
/**
 * Where fewer happened, as a fault may find nobody to hurt, processes are killed until there were so many, and where none is
 * left to be killed, stages are fenced.
 */
const FAULTS_HAPPENED_MIN = 10;
/** Nothing new for so long, and everything up: the network is quiet. In milliseconds. */
const QUIET_MS = 1_500;
/** How often somebody looks whether it is quiet, in milliseconds. */
const LOOK_EVERY_MS = 100;
/** A quiet network is watched until it has been through so many events. */
const EVENTS_MIN = 2_000;
/** Longest time from healing to quiet, in milliseconds; what is not done by then never will be. */
const HEALING_MS_MAX = 20_000;
/** Failures that are kept of one run. */
const FAILURES_MAX = 20;

/** Runs one seed: load and faults, then healing, then quiet, while the model looks on. */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const { seed, scenario, without = [] } = options;
  const random = new Random(seed);
  const realSignatures = options.realSignatures ?? seed % REAL_SIGNATURES_EVERY === 0;
  useRealSignatures(realSignatures);
  const isAllowed = (fault: FaultClass) => !without.includes(fault);
  const isResharded = scenario === "reshard";
  const draw = isResharded ? drawResharded : drawNetwork;
  const net = draw(random.fork("shape"), realSignatures);
  const spare = isResharded ? RESHARD_SPARE_PARTITIONS : 0;
  const world = new World(net, random.fork("world"), isAllowed, realSignatures, options.plant, spare);
  const { scheduler } = world;
  const plan = random.fork("plan");
  const durationMs = plan.between(LOAD_MS_MIN, LOAD_MS_MAX) * (isResharded ? RESHARD_TIMES : 1);
  const drawn = plan.between(TRANSACTIONS_MIN, TRANSACTIONS_MAX) * (isResharded ? RESHARD_TIMES : 1);
  const transactions = Math.min(drawn, options.transactionsMax ?? Number.POSITIVE_INFINITY);
  world.start();
  world.load.start({ transactions, durationMs });
  if (isResharded) world.resharder.start(durationMs);
  schedule(world, plan, durationMs, isAllowed, options.faultsMax ?? Number.POSITIVE_INFINITY);
  if (options.faultsMax === undefined) {
    scheduler.after(durationMs, "top up", () => {
      const more = () => world.inject("kill", plan) || world.inject("second-producer", plan);
      while (world.faultCount < FAULTS_HAPPENED_MIN && more());
    });
  }
  const failures: Failure[] = [];
  const healedAtMs = START_MS + durationMs;
  scheduler.after(durationMs, "heal", () => world.heal());
  let lookAgainMs = healedAtMs;
  const isQuiet = () => {
    if (scheduler.nowMs < lookAgainMs) return false;
    lookAgainMs = scheduler.nowMs + LOOK_EVERY_MS;
    return (
      scheduler.events >= EVENTS_MIN &&
      scheduler.nowMs - world.lastRecordMs > QUIET_MS &&
      world.isUp &&
      storesAreLevel(world.nodes) &&
      world.resharder.isSettled &&
      world.model.isSettled
    );
  };
  const { until } = options;
  const isSought = (violation: Failure) => until !== undefined && isFinding(violation, until);
  const isFound = () => until !== undefined && world.violations.some(isSought);
  const failed = (error: unknown) => {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    failures.push({ invariant: "exception", detail });
  };
  process.on("unhandledRejection", failed);
  try {
    await scheduler.run(() => isFound() || isQuiet(), healedAtMs + HEALING_MS_MAX);
    if (!isFound()) world.model.finish({ healedAtMs, stores: storeContents(world.nodes), cold: "seen" });
    // Node tells of unhandled rejections when all else is done.
    await new Promise(setImmediate);
  } catch (error) {
    failed(error);
  } finally {
    process.off("unhandledRejection", failed);
  }
  // What was looked for comes first: only so many are kept.
  failures.push(...world.violations.filter(isSought));
  failures.push(...world.violations.filter((violation) => !isSought(violation)));
  const { blocks, splits, merges, changesWithEscrow } = world.model.counts;
  return {
    seed,
    events: scheduler.events,
    simulatedMs: Math.round(scheduler.nowMs - START_MS),
    faults: Object.fromEntries(Object.entries(world.faults).filter(([, count]) => count > 0)),
    failures: failures.slice(0, FAILURES_MAX),
    trace: scheduler.trace.digest,
    transactions,
    realSignatures,
    blocks,
    splits,
    merges,
    changesWithEscrow,
    ...(options.withLog && { log: world.log.lines }),
  };
}

/** Draws faults and when they happen. All are drawn whatever is left out, so that leaving one out changes no other. */
function schedule(
  world: World,
  plan: Random,
  durationMs: number,
  isAllowed: (fault: FaultClass) => boolean,
  faultsMax: number,
): void {
  const count = plan.between(FAULTS_MIN, FAULTS_MAX);
  const drawn = Array.from({ length: count }, (_, index) => ({
    fault: plan.pick(FAULT_CLASSES),
    atMs: plan.fraction() * durationMs,
    random: plan.fork(`fault ${index}`),
  }));
  for (const { fault, atMs, random } of drawn.slice(0, faultsMax)) {
    if (isAllowed(fault)) world.scheduler.after(atMs, fault, () => world.inject(fault, random));
  }
}
