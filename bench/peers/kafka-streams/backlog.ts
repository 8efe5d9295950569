import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../../../cli/project-root.js";
import { type EmbeddedSystem, startEmbedded } from "../../../runtime/embedded/index.js";
import { connectKafka } from "../../../runtime/kafka/client.js";
import { PartitionReader } from "../../../runtime/kafka/partition-reader.js";
import { createMissing } from "../../../runtime/kafka/topics.js";
import { topicOnCluster } from "../../../topics/catalogue.js";
import { LOAD_BALANCE } from "../../load/accounts.js";
import { type ProcessUse, usesOf } from "../../measure/processes.js";
import { CHAIN_ID, type KeyedTransaction, makeLoad, publish } from "./keyed-load.js";
import { type PeerSignature, startPeer } from "./start.js";
import { readPeerStatus } from "./status.js";
import { peerTopics } from "./topics.js";

// Measures the peer's highest rate: it works off a published backlog, once for each variant. How the settings were
// chosen; `README.md` beside this file has the results.

/** How often the processes' CPU time is looked at, and the group's position. */
const SAMPLE_MS = 250;
/** Part of the backlog that is left out of the rate: Java compiles itself meanwhile. */
const WARM_UP_SHARE = 1 / 3;
const RUN_TIMEOUT_MS = 180_000;

/** What to measure: `{"name":"…","signature":"fastest","set":{"num.stream.threads":"1"},"jvm":["-Xmx1g"]}`. */
interface Variant {
  readonly name: string;
  readonly signature?: PeerSignature;
  readonly set?: Readonly<Record<string, string>>;
  readonly jvm?: readonly string[];
}

interface Sample {
  readonly atMs: number;
  readonly uses: ReadonlyMap<string, ProcessUse>;
}

const { values } = parseArgs({
  options: {
    transactions: { type: "string", default: "300000" },
    accounts: { type: "string", default: "10000" },
    partitions: { type: "string", default: "4" },
    cross: { type: "string", default: "0.75" },
    variant: { type: "string", multiple: true, default: ['{"name":"as configured"}'] },
  },
});
const say = (line: string) => void process.stderr.write(`${line}\n`);
const partitions = Number(values.partitions);
const home = mkdtempSync(join(tmpdir(), "rustorium-peer-"));
say(`signing ${values.transactions} transfers`);
const load = makeLoad({
  transactions: Number(values.transactions),
  accounts: Number(values.accounts),
  partitions,
  crossShare: Number(values.cross),
});
const system = await startEmbedded({
  dataDirectory: join(home, "cluster"),
  projectRoot: PROJECT_ROOT,
  log: say,
  optimizingBroker: true,
});
try {
  for (const text of values.variant) {
    const variant = JSON.parse(text) as Variant;
    process.stdout.write(`${JSON.stringify({ ...variant, ...(await measure(variant, system, load)) })}\n`);
  }
} finally {
  await system.stop();
  rmSync(home, { recursive: true, force: true });
}
process.exit();

async function measure(variant: Variant, { brokers, brokerPid }: EmbeddedSystem, load: KeyedTransaction[]) {
  const network = `peer-${randomUUID().slice(0, 8)}`;
  const kafka = connectKafka({ brokers, clientId: "rustorium-bench", log: () => undefined });
  const admin = kafka.admin();
  await admin.connect();
  const transactions = topicOnCluster(network, "transactions");
  const configuration = { "message.timestamp.type": "LogAppendTime" };
  await createMissing(admin, [{ topic: transactions, partitions, configuration }], 1);
  await publish(kafka, transactions, load);
  const peer = await startPeer({
    brokers,
    network,
    partitions,
    signature: variant.signature ?? "fastest",
    chainId: CHAIN_ID,
    genesisBalance: LOAD_BALANCE,
    stateDirectory: join(home, network),
    log: say,
    ...(variant.set && { overrides: variant.set }),
    ...(variant.jvm && { jvmFlags: variant.jvm }),
  });
  const pids = new Map([
    ["peer", peer.pid],
    ["broker", brokerPid],
  ]);
  const samples: Sample[] = [];
  const isWorkedOff = async () => {
    const [offsets] = await admin.fetchOffsets({ groupId: `${network}.peer`, topics: [transactions] });
    const done = offsets?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    return done === load.length;
  };
  const endMs = Date.now() + RUN_TIMEOUT_MS;
  do {
    samples.push({ atMs: Date.now(), uses: usesOf(pids) });
    if (Date.now() > endMs) throw new Error(`${variant.name}: the backlog was not worked off in time`);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  } while (!(await isWorkedOff()));
  // The last credits are still on their way.
  const times = await statusTimes(new PartitionReader(kafka), network, endMs);
  samples.push({ atMs: Date.now(), uses: usesOf(pids) });
  await peer.stop();
  await admin.disconnect();
  return figures(times, samples);
}

/** When the broker got each status, ascending. Throws when one is a refusal: the load has none. */
async function statusTimes(reader: PartitionReader, network: string, endMs: number): Promise<number[]> {
  const times: number[] = [];
  const next = new Array<number>(partitions).fill(0);
  while (times.length < load.length) {
    if (Date.now() > endMs) throw new Error(`${times.length} of ${load.length} statuses came`);
    for (let partition = 0; partition < partitions; partition++) {
      const topic = peerTopics(network).statuses;
      const fetched = await reader.fetch("transactions", topic, partition, next[partition]!);
      next[partition] = fetched.next;
      for (const { value, timeMs } of fetched.records) {
        const { kind, code } = readPeerStatus(value!);
        if (kind === "REFUSED") throw new Error(`the peer refused a good transfer: ${code}`);
        times.push(timeMs);
      }
    }
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
    return round(spent / (rate * (after.atMs - before.atMs) * 1e-6));
  };
  return {
    transactionsPerSecond: Math.round(rate),
    withWarmUp: Math.round((times.length / (untilMs - times[0]!)) * 1_000),
    peerCpuPerThousand: cpuPerThousand("peer"),
    brokerCpuPerThousand: cpuPerThousand("broker"),
    residentMebibytes: Math.round((after?.uses.get("peer")?.residentBytes ?? 0) / 2 ** 20),
  };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
