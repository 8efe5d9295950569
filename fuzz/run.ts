import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seeded } from "./chance.js";
import { judge } from "./judge.js";
import { shrink } from "./shrink.js";
import type { Target, TargetName } from "./target.js";

/** How much more memory than after its first cases a target may hold in the end, in MiB. */
export const MEMORY_GROWTH_MIB_MAX = 48;
/** Cases before memory is measured for the first time: caches fill. */
const WARM_UP_CASES = 1_000;
/** One case in so many is read a second time. */
const TWICE_EVERY = 8;
/** One case in so many is an input of the corpus as it is. */
const UNCHANGED_EVERY = 32;
/** After so many cases timers and weak references get their turn. */
const TURN_EVERY = 32;
/** Failures of different kinds after which a run ends. */
const FAILURES_MAX = 10;

/** One of the last inputs left something behind: it is found by running the same seed up to before it. */
const SPOILT = "an input of the corpus has another outcome than at first";

export interface RunOptions {
  readonly seed: number;
  /** Ends after so many cases, or after so many seconds: what comes first. */
  readonly cases?: number;
  readonly seconds?: number;
  /** Told each input before it is read, so that one that never ends can be named. */
  readonly before?: (input: Buffer) => void;
}

export interface Failure {
  readonly what: string;
  /** Number of the case, from 0; with the seed it makes the input again. */
  readonly case: number;
  /** The input made as small as possible. */
  readonly hex: string;
}

export interface Report {
  readonly target: TargetName;
  readonly seed: number;
  readonly cases: number;
  readonly casesPerSecond: number;
  /** How often each outcome was seen. */
  readonly codes: Readonly<Record<string, number>>;
  readonly worstCaseMs: number;
  /** Memory held in the end beyond that after the first cases, in MiB. */
  readonly memoryGrowthMiB: number;
  readonly failures: readonly Failure[];
}

/** Fuzzes one target. The same seed and number of cases always give the same inputs. */
export async function run(name: TargetName, target: Target, options: RunOptions): Promise<Report> {
  const { seed, cases = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = options;
  const chance = seeded(seed);
  const codes = new Map<string, number>();
  const failures = new Map<string, Failure>();
  const outcomes: string[] = [];
  const startMs = performance.now();
  const endMs = startMs + 1_000 * seconds;
  let worstCaseMs = 0;
  let baseBytes: number | undefined;
  let done = 0;
  for (; done < cases && failures.size < FAILURES_MAX && performance.now() < endMs; done++) {
    if (done % TURN_EVERY === 0) await turn();
    if (done === WARM_UP_CASES) baseBytes = await heldBytes();
    const unchanged = done < target.corpus.length || chance(UNCHANGED_EVERY) === 0;
    const sample = done % target.corpus.length;
    const input = unchanged ? target.corpus[sample]! : target.next(chance);
    options.before?.(input);
    let verdict = await judge(target, input, done % TWICE_EVERY === 0);
    if (unchanged && verdict.ok) {
      const outcome = verdict.codes.join();
      outcomes[sample] ??= outcome;
      if (outcomes[sample] !== outcome) verdict = { ok: false, what: SPOILT, ms: verdict.ms };
    }
    worstCaseMs = Math.max(worstCaseMs, verdict.ms);
    if (verdict.ok) for (const code of verdict.codes) codes.set(code, (codes.get(code) ?? 0) + 1);
    else if (!failures.has(kindOf(verdict.what))) {
      const kind = kindOf(verdict.what);
      const smallest =
        kind === SPOILT
          ? input
          : await shrink(input, async (smaller) => {
              options.before?.(smaller);
              const again = await judge(target, smaller, true);
              return !again.ok && kindOf(again.what) === kind;
            });
      failures.set(kind, { what: verdict.what, case: done, hex: smallest.toString("hex") });
    }
  }
  const elapsedMs = performance.now() - startMs;
  const memoryGrowthMiB = baseBytes === undefined ? 0 : ((await heldBytes()) - baseBytes) / 2 ** 20;
  if (memoryGrowthMiB > MEMORY_GROWTH_MIB_MAX) {
    const what = `memory grew by ${memoryGrowthMiB.toFixed(0)} MiB`;
    failures.set(what, { what, case: done, hex: "" });
  }
  return {
    target: name,
    seed,
    cases: done,
    casesPerSecond: Math.round((1_000 * done) / elapsedMs),
    codes: Object.fromEntries([...codes].sort(([a], [b]) => (a < b ? -1 : 1))),
    worstCaseMs: Math.round(10 * worstCaseMs) / 10,
    memoryGrowthMiB: Math.round(10 * memoryGrowthMiB) / 10,
    failures: [...failures.values()],
  };
}

/** What went wrong without the numbers in it: one mistake is named once. */
function kindOf(what: string): string {
  return what.replace(/-?\d[\d.e+]*/g, "#");
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Bytes that are still in use after garbage is collected, those of buffers included. */
async function heldBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  await turn();
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
