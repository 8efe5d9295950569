import type { Command } from "commander";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { ChainReport, Difference, Refusal } from "../../processors/verify/difference.js";
import type { ShardStart } from "../../processors/verify/start.js";
import { verifyChain } from "../../processors/verify/verify-chain.js";
import { systemClock } from "../../runtime/clock.js";
import { Home } from "../../runtime/home.js";
import { connectKafka } from "../../runtime/kafka/client.js";
import { PartitionReader } from "../../runtime/kafka/partition-reader.js";
import { GenesisError, loadNetwork } from "../../runtime/network/load.js";
import { type TopicSource, topicSource } from "../../runtime/proofs/topic-source.js";
import { SettingError, type Settings } from "../../runtime/settings.js";
import { SignaturePool } from "../../runtime/signatures/pool.js";
import { TopologyFollower } from "../../runtime/topology/live-topology.js";
import { KafkaSource } from "../../runtime/verify/kafka-source.js";
import { newestStarts, type Starts } from "../../runtime/verify/newest-starts.js";
import { EXIT } from "../failure.js";
import { progressSince } from "../progress.js";
import { settingsOf, withSettings } from "../settings-flags.js";
import { recordProgress } from "./record-progress.js";
import { type ChainResult, jsonOf, tableOf } from "./report.js";

/** The pool has a thread for each check made at a time, or for each core where those are fewer. */
const CHECKS = Number.POSITIVE_INFINITY;

/** `rustorium verify chain`: executes every shard again from topics alone and names the first difference. */
export function chainCommand(verify: Command): void {
  withSettings(
    verify
      .command("chain")
      .description(
        "execute every shard's log again and compare all that the topics say with what comes of it",
      )
      .option(
        "--from-checkpoint",
        "begin with each shard's newest certified state instead of the genesis; needs no older log",
      )
      .option("--json", "print one JSON object"),
  ).action(async (flags: Record<string, unknown>) => {
    const settings = settingsOf(flags);
    if (settings.brokers.length === 0)
      throw new SettingError("no brokers: --brokers, RUSTORIUM_BROKERS or rustorium.toml");
    const result = await verifyOn(settings, flags.fromCheckpoint === true);
    process.stdout.write(flags.json === true ? `${jsonOf(result)}\n` : `${tableOf(result).join("\n")}\n`);
    process.exit(result.report.firstDifference === null ? EXIT.ok : EXIT.wrong);
  });
}

/**
 * Throws GenesisError where there is no genesis, an error with code LOG_TRIMMED, PARENT_UNKNOWN or a ProofFault where topics don't have what
 * is needed, or what kafkajs throws.
 */
async function verifyOn(settings: Settings, fromCheckpoint: boolean): Promise<ChainResult> {
  const startedMs = performance.now();
  const kafka = connectKafka({
    brokers: settings.brokers,
    clientId: "rustorium-verify",
    log: () => undefined,
  });
  const admin = kafka.admin();
  await admin.connect();
  const reader = new PartitionReader(kafka);
  const result = (genesis: string | null, report: ChainReport): ChainResult => ({
    network: settings.network,
    genesis,
    report,
    seconds: (performance.now() - startedMs) / 1_000,
  });
  try {
    const loaded = await load(settings, reader);
    if ("code" in loaded) return result(null, nothingBut(loaded));
    const topics = topicSource(settings.network, reader, admin);
    const starts = fromCheckpoint
      ? await newestStarts(loaded, topics, systemClock, progressSince())
      : new Map<number, ShardStart>();
    const report =
      "code" in starts
        ? nothingBut(starts)
        : await compare(settings.network, loaded, admin, reader, topics, starts);
    return result(loaded.hash.toString("hex"), report);
  } finally {
    await reader.close();
    await admin.disconnect();
  }
}

/** The network with all shards that there are and were, or in what its genesis differs from what is configured or from itself. */
async function load(settings: Settings, reader: PartitionReader): Promise<Network | Difference> {
  const expected = new Home(settings.home, settings.network).genesisHash();
  if (!expected)
    process.stderr.write(
      "GENESIS_TRUSTED: no genesis hash in the home directory, the cluster is trusted for it\n",
    );
  try {
    const founded = await loadNetwork(reader, settings.network, expected);
    const follower = new TopologyFollower(settings.network, founded.topology, reader, systemClock);
    return { ...founded, topology: await follower.refresh() };
  } catch (error) {
    // What the topic says is no shard tree: shards that overlap, or places without one.
    if (error instanceof RangeError)
      return {
        ...{ code: "TOPOLOGY_DIFFERS", shard: null, height: null },
        message: `topology: ${error.message}`,
      };
    if (!(error instanceof GenesisError) || error.code === "NO_GENESIS") throw error;
    return { code: "GENESIS_DIFFERS", shard: null, height: null, message: error.message };
  }
}

async function compare(
  name: string,
  network: Network,
  admin: ConstructorParameters<typeof KafkaSource>[1],
  reader: PartitionReader,
  topics: TopicSource,
  starts: Starts,
): Promise<ChainReport> {
  // A thread that fails leaves its records to the replay, which checks them itself.
  const signatures = new SignaturePool(network.rules, CHECKS, () => undefined);
  const progress = recordProgress();
  try {
    const source = new KafkaSource(name, admin, reader, signatures, topics);
    const found = await verifyChain(network, source, { starts, progress: progress.at });
    if (!("code" in found)) return found;
    throw Object.assign(new Error(whyRefused(found, starts)), { code: found.code });
  } finally {
    progress.end();
    await signatures.close();
  }
}

function whyRefused(refusal: Refusal, starts: Starts): string {
  const { shard } = refusal;
  if (refusal.code === "PARENT_UNKNOWN")
    return `shard ${shard} has no certified state yet, and the topic topology doesn't know the shards before it`;
  const help = starts.has(shard) ? "" : "; --from-checkpoint begins with a certified state";
  return `shard ${shard}: shard.log begins with offset ${refusal.firstOffset}, its start is gone${help}`;
}

function nothingBut(difference: Difference): ChainReport {
  return {
    shards: [],
    value: { expected: null, found: null },
    checkedSignatures: 0,
    firstDifference: difference,
  };
}
