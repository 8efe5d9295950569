import { type ProcessUse, usesOf } from "../../measure/processes.js";
import { type KeyedTransaction, publish } from "./keyed-load.js";
import { StatusReader } from "./status-reader.js";
import { type Ground, type Variant, VariantRun } from "./variant.js";

/** How often the processes' CPU time is looked at, and the group's position. */
const SAMPLE_MS = 250;
/** Part of the backlog that is left out of the rate: Java compiles itself meanwhile. */
const WARM_UP_SHARE = 1 / 3;
const TIMEOUT_MS = 180_000;

interface Sample {
  readonly atMs: number;
  readonly uses: ReadonlyMap<string, ProcessUse>;
}

/** The highest rate: the peer starts on a published backlog and works it off. */
export async function measureBacklog(variant: Variant, ground: Ground, load: readonly KeyedTransaction[]) {
  const run = await VariantRun.open(variant, ground);
  await publish(run, load);
  const peer = await run.startPeer();
  const pids = new Map([
    ["peer", peer.pid],
    ["broker", ground.brokerPid],
  ]);
  const samples: Sample[] = [];
  const endMs = Date.now() + TIMEOUT_MS;
  do {
    samples.push({ atMs: Date.now(), uses: usesOf(pids) });
    if (Date.now() > endMs) throw new Error(`${variant.name}: the backlog was not worked off in time`);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  } while ((await committed(run)) < load.length);
  // The last credits are still on their way. Reading begins now, so that it takes nothing from what is measured.
  const times = await statusTimes(run, load.length, endMs);
  await peer.stop();
  await run.close();
  return figures(times, samples);
}

/** Transactions that the job has committed. */
async function committed({ admin, network, transactions }: VariantRun): Promise<number> {
  const [offsets] = await admin.fetchOffsets({ groupId: `${network}.peer`, topics: [transactions] });
  return offsets?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) ?? 0;
}

/** When the broker got each status, ascending. */
async function statusTimes(run: VariantRun, count: number, endMs: number): Promise<number[]> {
  const reader = new StatusReader(run);
  const times: number[] = [];
  while (times.length < count) {
    if (Date.now() > endMs) throw new Error(`${times.length} of ${count} statuses came`);
    for (const { appendedMs } of await reader.read()) times.push(appendedMs);
  }
  await reader.close();
  return times.sort((a, b) => a - b);
}

function figures(times: readonly number[], samples: readonly Sample[]) {
  const first = Math.floor(times.length * WARM_UP_SHARE);
  const fromMs = times[first]!;
  const untilMs = times[times.length - 1]!;
  const inside = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs);
  const [before, after] = [inside[0], inside[inside.length - 1]];
  const rate = ((times.length - first) / (untilMs - fromMs)) * 1_000;
  const cpuPerThousand = (name: string) => {
    if (!before || !after || before === after) return undefined;
    const spent = after.uses.get(name)!.cpuSeconds - before.uses.get(name)!.cpuSeconds;
    return Math.round((spent / (rate * (after.atMs - before.atMs) * 1e-6)) * 1_000) / 1_000;
  };
  return {
    transactionsPerSecond: Math.round(rate),
    withWarmUp: Math.round((times.length / (untilMs - times[0]!)) * 1_000),
    peerCpuPerThousand: cpuPerThousand("peer"),
    brokerCpuPerThousand: cpuPerThousand("broker"),
    residentMebibytes: Math.round((after?.uses.get("peer")?.residentBytes ?? 0) / 2 ** 20),
  };
}
