import { pause } from "../../runtime/embedded/time.js";
import { seeded } from "../../simulator/kernel/random.js";
import { nameOf } from "../changes/change.js";
import { isSound, judge } from "../check/verdict.js";
import type { FaultClass, Surroundings } from "../faults/fault.js";
import { FAULTS } from "../faults/registry.js";
import { GeneratedTransfers } from "../load/generated.js";
import { Load } from "../load/load.js";
import { RealTransactions } from "../load/real.js";
import { ChaosNetwork } from "../network/chaos-network.js";
import { mostly, rounds } from "../schedule/schedule.js";
import { within } from "../wait.js";
import { type ChaosReport, reportOf, type Struck } from "./report.js";

/** A fault begins this long after the one before, in milliseconds, or when that one is healed. */
const INTERVAL_MS = 10_000;
/** A fault that isn't healed by then is counted as wrong, and the next one begins, in milliseconds. */
const HEAL_BOUND_MS = 90_000;
/** Shortest load before the first fault, in milliseconds: processes start cold. */
const WARM_UP_MS = 5_000;
const MINUTE_MS = 60_000;

export interface StormOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Transactions a second, half of them real ones as long as there are any. */
  readonly perSecond: number;
  readonly classes: readonly FaultClass[];
  /** Three of four strikes are splits and merges; the others are of `classes`. */
  readonly reshard?: boolean;
  /** Ends when each class struck so often, if that is before the minutes are over. */
  readonly roundsMax?: number;
  /** Leave the network's directory behind even if nothing is wrong. */
  readonly keep?: boolean;
  readonly say: (line: string) => void;
}

/** The real pipeline under load, a fault about every ten seconds; then everything is checked. */
export async function runStorm(options: StormOptions): Promise<ChaosReport> {
  const { minutes, seed, perSecond, say } = options;
  const chance = seeded(seed);
  const real = RealTransactions.read(Math.ceil((perSecond / 2) * minutes * 60), say);
  const network = await ChaosNetwork.start({ accounts: real.accounts(), say });
  let sound = false;
  try {
    const { network: loaded } = network.environment;
    const generated = new GeneratedTransfers(loaded, seeded(seed + 1));
    const load = await Load.open(network.environment);
    let turn = 0;
    load.start(() => (turn++ % 2 === 0 && real.next()) || generated.next(), perSecond);
    await pause(WARM_UP_MS);
    const startMs = Date.now();
    const struck = await strikeUntil(startMs + minutes * MINUTE_MS, { network, load, chance }, options);
    const lastedMinutes = Number(((Date.now() - startMs) / MINUTE_MS).toFixed(2));
    const unfinished = await network.rebuilds.finished();
    await load.stop();
    const verdict = await judge(network, load, generated);
    await load.close();
    const report = reportOf(seed, lastedMinutes, struck, {
      ...verdict,
      wrong: [...unfinished, ...verdict.wrong],
    });
    sound = isSound(report);
    return report;
  } finally {
    await network.stop(!sound || options.keep === true);
  }
}

async function strikeUntil(
  endMs: number,
  surroundings: Surroundings,
  { classes, reshard = false, roundsMax = Number.POSITIVE_INFINITY, say }: StormOptions,
): Promise<Struck[]> {
  const { load, chance } = surroundings;
  const struck: Struck[] = [];
  const others = classes.filter((name) => name !== "reshard");
  for (const name of reshard ? mostly<FaultClass>("reshard", others, chance) : rounds(classes, chance)) {
    if (struck.length >= roundsMax * classes.length || Date.now() >= endMs) break;
    const startMs = Date.now();
    const one = await strike(name, surroundings);
    struck.push(one);
    const changed = one.changes.map((change) => `; ${nameOf(change)} done after ${change.tookMs} ms`);
    const recovered = one.recoveries.map(({ process, tookMs }) => `; ${process} works after ${tookMs} ms`);
    say(
      `${struck.length}. ${name}: ${one.hit}; healed after ${one.healedMs ?? "-"} ms${[...changed, ...recovered].join("")}` +
        ` (${load.submitted.length} submitted, ${load.inFlight} under way)${one.wrong.map((text) => `; WRONG: ${text}`).join("")}`,
    );
    await pause(Math.max(0, Math.min(startMs + INTERVAL_MS, endMs) - Date.now()));
  }
  return struck;
}

async function strike(name: FaultClass, surroundings: Surroundings): Promise<Struck> {
  const { environment } = surroundings.network;
  try {
    const { hit, overMs, recoveries = [], changes = [], wrong = [] } = await FAULTS[name](surroundings);
    const healed = await within(HEAL_BOUND_MS, () =>
      surroundings.load.hasEndedSince(overMs, environment.network.topology),
    );
    const healedMs = healed ? Date.now() - overMs : undefined;
    const unhealed = healed ? [] : [`not healed within ${HEAL_BOUND_MS} ms`];
    return { name, hit, healedMs, recoveries, changes, wrong: [...wrong, ...unhealed] };
  } catch (error) {
    const nothing = { hit: "-", healedMs: undefined, recoveries: [], changes: [] };
    return { ...nothing, name, wrong: [`failed: ${String(error)}`] };
  }
}
