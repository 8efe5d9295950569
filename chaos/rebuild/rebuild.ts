import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { demonstrationAccounts } from "../../cli/start/accounts.js";
import { feedViews } from "../../gateway/views/feed.js";
import { createViews } from "../../gateway/views/index.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { accountKey, keyBytes } from "../../ledger/state/key.js";
import { accountValue } from "../../ledger/state/state.js";
import { encodeStateValue } from "../../processors/chain/store-layout.js";
import { startEmbedded } from "../../runtime/embedded/index.js";
import { type OutgoingMessage, PlainWriter } from "../../runtime/kafka/plain-writer.js";
import { openLog } from "../../runtime/log.js";
import { type OpenEnvironment, openEnvironment } from "../../runtime/process/environment.js";
import { prepareNetwork } from "../../runtime/process/found.js";
import { follow } from "../../runtime/session/follow.js";
import { loadSettings } from "../../runtime/settings.js";
import { toWire } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { within } from "../wait.js";
import { rebuildStore } from "./store.js";

/** Records of one write. */
const WRITE_RECORDS = 20_000;
/** A rebuild that isn't done by then has failed, in milliseconds. */
const REBUILD_BOUND_MS = 600_000;

/** How long it took to make a table of `shard.state` again from its beginning. */
export interface RebuildTimes {
  readonly records: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
}

/** What `--rebuild --json` prints. */
export interface RebuildReport {
  /** The gateway's account view, as it is made when a gateway starts: the one reader of `shard.state` there is. */
  readonly view: RebuildTimes;
  /** A LevelDB store with one record a key. No stage does that: `execute` and `vote` execute the log again. */
  readonly store: RebuildTimes;
}

/** Writes so many accounts into a network's `shard.state` on a broker of its own, and times reading them back. */
export async function runRebuild(records: number, say: (line: string) => void): Promise<RebuildReport> {
  const home = await mkdtemp(join(tmpdir(), "rustorium-rebuild-"));
  const embedded = await startEmbedded({
    dataDirectory: join(home, "cluster"),
    projectRoot: PROJECT_ROOT,
    log: say,
  });
  try {
    const { brokers, registryUrl: registry } = embedded;
    const settings = { ...loadSettings({ home, network: "rebuild", port: 0 }), brokers, registry };
    const log = await openLog({ ...settings, logLevel: "error" }, "rebuild");
    const plan = { chainId: 1, consensus: "solo" as const, validators: 1, shards: 4 as const };
    await prepareNetwork(settings, { ...plan, accounts: demonstrationAccounts() }, log);
    const environment = await openEnvironment(settings, "rustorium-rebuild", log);
    try {
      await writeAccounts(environment, records);
      say(`${records} records are in shard.state`);
      const view = await rebuildView(environment, records);
      say(`the gateway's view: ${view.seconds} s`);
      const store = timesOf(records, await rebuildStore(environment, join(home, "store"), records));
      return { view, store };
    } finally {
      await environment.close();
    }
  } finally {
    await embedded.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function writeAccounts({ kafka, network, schemaIds }: OpenEnvironment, records: number): Promise<void> {
  const topic = topicOnCluster(network.genesis.network, "shard.state");
  const writer = new PlainWriter(kafka);
  let waiting: OutgoingMessage[] = [];
  for (let index = 0; index < records; index++) {
    const id = sha256(Buffer.from(`rebuilt account ${index}`)).subarray(0, 20);
    const { partition } = network.topology.shard(network.topology.shardOf(id));
    const account = accountValue({ balance: BigInt(index) * 10n ** 18n, nonce: index, escrowed: 0n });
    const value = toWire(schemaIds.get("shard.state")!, encodeStateValue(1, network.hash, account));
    waiting.push({ topic, partition, key: keyBytes(accountKey(id)), value });
    if (waiting.length < WRITE_RECORDS && index + 1 < records) continue;
    await writer.write(waiting);
    waiting = [];
  }
  await writer.close();
}

async function rebuildView(
  { kafka, admin, network }: OpenEnvironment,
  records: number,
): Promise<RebuildTimes> {
  const prefix = network.genesis.network;
  const offsets = await admin.fetchTopicOffsets(topicOnCluster(prefix, "shard.state"));
  const from = new Map(offsets.map(({ partition, low }) => [partition, Number(low)]));
  const startMs = performance.now();
  const views = createViews();
  const following = follow(kafka, prefix, "shard.state", from, (taken) => {
    for (const record of taken) feedViews(views, { ...record, topic: "shard.state" });
  });
  const done = await within(REBUILD_BOUND_MS, () => views.accounts.held >= records);
  const tookMs = performance.now() - startMs;
  await following.stop();
  if (!done) throw new Error(`the view held ${views.accounts.held} of ${records} accounts when time was up`);
  return timesOf(records, tookMs);
}

function timesOf(records: number, tookMs: number): RebuildTimes {
  return {
    records,
    seconds: Number((tookMs / 1_000).toFixed(1)),
    recordsPerSecond: Math.round((records * 1_000) / tookMs),
  };
}

export function renderRebuild({ view, store }: RebuildReport): string {
  const line = (what: string, { records, seconds, recordsPerSecond }: RebuildTimes) =>
    `${what}: ${records} records in ${seconds} s, ${recordsPerSecond} a second`;
  return [line("account view of a gateway", view), line("LevelDB store", store)].join("\n");
}
