import { PROJECT_ROOT } from "../../cli/project-root.js";
import type { ProcessUsage } from "../../runtime/process/usage.js";
import { Children } from "../../runtime/session/children.js";
import { environmentOf } from "../../runtime/session/system.js";
import type { Settings } from "../../runtime/settings.js";
import { rounded } from "../measure/numbers.js";
import { cpuBetween, type ProcessUse, usesOf } from "../measure/processes.js";

/** What to run: arguments of `rustorium run`, in so many processes of one consumer group. */
export interface StageRunPlan {
  readonly name: string;
  readonly args: readonly string[];
  readonly processes: number;
  /** Transactions behind the input: the whole of it is there before the stage starts. */
  readonly transactions: number;
  readonly settings: Settings & { readonly registry: string };
  readonly brokerPid: number;
  readonly say: (line: string) => void;
}

/** What a stage did alone with its input. */
export interface StageRun {
  readonly stage: string;
  readonly processes: number;
  /** Transactions a second, over the last two thirds of the input. */
  readonly tps: number;
  /** CPU-seconds for 1,000 transactions: of the threads that check signatures, of all else, of the broker. */
  readonly signaturesPer1000: number;
  readonly restPer1000: number;
  readonly brokerPer1000: number;
}

interface Look {
  readonly atMs: number;
  readonly taken: number;
  readonly signatureMs: number;
  readonly uses: Map<string, ProcessUse>;
}

/** Left out: processes compile themselves and share out the partitions meanwhile. */
const WARM_UP_SHARE = 1 / 3;
const LOOK_EVERY_MS = 100;
/** Nothing taken for so long: the input is worked off. In milliseconds. */
const QUIET_MS = 2_000;
const TIMEOUT_MS = 180_000;

/** Starts the processes on an input that is there, and measures until they have worked it off. */
export async function runStage(plan: StageRunPlan): Promise<StageRun> {
  const { name, processes, transactions, say } = plan;
  // As many partitions each, from the beginning: a share by load would be settled when the run is over.
  const settings = { ...plan.settings, placement: "round-robin" as const };
  const children = new Children(PROJECT_ROOT, environmentOf(settings), say);
  const looks: Look[] = [];
  try {
    await Promise.all(
      Array.from({ length: processes }, (_, index) =>
        children.start({ name: `${name} ${index + 1}`, args: ["run", ...plan.args] }),
      ),
    );
    const startMs = Date.now();
    let movedMs = startMs;
    while (looks.length === 0 || looks.at(-1)!.taken === 0 || Date.now() - movedMs < QUIET_MS) {
      if (Date.now() - startMs > TIMEOUT_MS) throw new Error(`${name} did not work off its input in time`);
      const look = await lookAt(children, plan.brokerPid);
      if (look.taken !== (looks.at(-1)?.taken ?? 0)) movedMs = Date.now();
      looks.push(look);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  } finally {
    await children.stop();
  }
  const all = looks.at(-1)!.taken;
  const from = looks.find(({ taken }) => taken >= all * WARM_UP_SHARE)!;
  const until = looks.find(({ taken }) => taken === all)!;
  const share = (until.taken - from.taken) / all;
  const done = share * transactions;
  const cpu = cpuBetween(from.uses, until.uses);
  const broker = cpu.get("broker") ?? 0;
  const own = [...cpu].reduce((sum, [process, spent]) => sum + (process === "broker" ? 0 : spent), 0);
  const signatures = (until.signatureMs - from.signatureMs) / 1_000;
  const per1000 = (seconds: number) => rounded((1_000 * seconds) / done, 4);
  const tps = Math.round((1_000 * done) / (until.atMs - from.atMs));
  say(`${name}, ${processes} process${processes === 1 ? "" : "es"}: ${tps} transactions a second`);
  return {
    stage: name,
    processes,
    tps,
    signaturesPer1000: per1000(signatures),
    restPer1000: per1000(Math.max(0, own - signatures)),
    brokerPer1000: per1000(broker),
  };
}

async function lookAt(children: Children, brokerPid: number): Promise<Look> {
  const usages = [...(await children.usages()).values()];
  const sum = (of: (usage: ProcessUsage) => number) => usages.reduce((total, usage) => total + of(usage), 0);
  return {
    atMs: Date.now(),
    taken: sum(({ takenRecords }) => Object.values(takenRecords).reduce((a, b) => a + b, 0)),
    signatureMs: sum(({ signatureMs }) => signatureMs),
    uses: usesOf(new Map([...children.pids(), ["broker", brokerPid]])),
  };
}
