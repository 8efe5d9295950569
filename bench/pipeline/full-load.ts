import type { ProcessUsage } from "../../runtime/process/usage.js";
import { cpuBetween, type ProcessUse, usesOf } from "../measure/processes.js";
import type { LoadClient } from "./client.js";

/** Transactions in flight at full load: enough that no stage of ours ever waits for more. */
export const FULL_LOAD_IN_FLIGHT = 12_000;
/** The load goes on a little beyond the measurement, so that its end isn't in it. */
const TAIL_MS = 500;

/** How long, and who is told. */
export interface FullLoadOptions {
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  readonly say: (line: string) => void;
}

/** What carries the load. */
export interface LoadedSystem {
  /** Process ids by name of all that works for the load. */
  readonly pids: () => ReadonlyMap<string, number>;
  /** What each process of stages spends its time with, by name. */
  readonly usages: () => Promise<Map<string, ProcessUsage>>;
}

/** What a system does at full load; times in seconds per 1,000 transactions that ended. */
export interface FullLoad {
  readonly finalTps: number;
  readonly endedTps: number;
  readonly cpuSecondsPer1000: ReadonlyMap<string, number>;
  readonly busySecondsPer1000: ReadonlyMap<string, number>;
}

interface Look {
  readonly atMs: number;
  readonly final: number;
  readonly ended: number;
  readonly uses: Map<string, ProcessUse>;
  readonly usages: Promise<Map<string, ProcessUsage>>;
}

/** Keeps a client's transactions in flight, and measures from the end of the warm-up on. */
export async function fullLoad(
  client: LoadClient,
  system: LoadedSystem,
  options: FullLoadOptions,
  inFlight = FULL_LOAD_IN_FLIGHT,
): Promise<FullLoad> {
  const { say, warmUpSeconds, measureSeconds } = options;
  const { submissions } = client;
  say(`full load: ${warmUpSeconds} s of warm-up, then ${measureSeconds} s measured`);
  const startMs = Date.now();
  const look = (): Look => ({
    atMs: Date.now(),
    final: submissions.finalCount,
    ended: submissions.endedCount,
    uses: usesOf(new Map([...system.pids(), ["client", process.pid] as const])),
    usages: system.usages(),
  });
  let from: Look | undefined;
  let until: Look | undefined;
  const progress = setInterval(() => {
    say(`sent ${submissions.sentCount}, final ${submissions.finalCount}, ended ${submissions.endedCount}`);
  }, 5_000);
  const marks = [
    setTimeout(() => {
      from = look();
    }, warmUpSeconds * 1_000),
    setTimeout(
      () => {
        until = look();
      },
      (warmUpSeconds + measureSeconds) * 1_000,
    ),
  ];
  try {
    await client.saturate(inFlight, startMs + (warmUpSeconds + measureSeconds) * 1_000 + TAIL_MS);
  } finally {
    clearInterval(progress);
    for (const mark of marks) clearTimeout(mark);
  }
  if (!from) throw new Error("the load was over before the warm-up was");
  until ??= look();
  const seconds = (until.atMs - from.atMs) / 1_000;
  const ended = until.ended - from.ended;
  return {
    finalTps: (until.final - from.final) / seconds,
    endedTps: ended / seconds,
    cpuSecondsPer1000: new Map(
      [...cpuBetween(from.uses, until.uses)].map(([name, spent]) => [name, (1_000 * spent) / ended]),
    ),
    busySecondsPer1000: new Map(
      [...busyBetween(await from.usages, await until.usages)].map(([name, ms]) => [name, ms / ended]),
    ),
  };
}

/** What stages' steps, signature threads and collections of garbage took between two looks, in milliseconds. */
function busyBetween(
  before: ReadonlyMap<string, ProcessUsage>,
  after: ReadonlyMap<string, ProcessUsage>,
): Map<string, number> {
  const busy = new Map<string, number>();
  const add = (name: string, ms: number) => busy.set(name, (busy.get(name) ?? 0) + ms);
  for (const [process, usage] of after) {
    const earlier = before.get(process);
    if (!earlier) continue;
    for (const [stage, ms] of Object.entries(usage.stepMs)) add(stage, ms - (earlier.stepMs[stage] ?? 0));
    add("signature threads", usage.signatureMs - earlier.signatureMs);
    add("garbage", usage.garbageMs - earlier.garbageMs);
  }
  return busy;
}
