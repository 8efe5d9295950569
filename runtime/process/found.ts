import type { Logger } from "pino";
import { DEFAULT_PARAMETERS, makeGenesis, type Network } from "../../ledger/genesis/genesis.js";
import { trustFile } from "../../ledger/genesis/trust-file.js";
import { initialShards } from "../../ledger/topology.js";
import type { GenesisAccount, GenesisParameters } from "../../schemas/generated.js";
import { RECORD_BYTES_MAX } from "../../topics/configuration.js";
import { Home } from "../home.js";
import { connectKafka } from "../kafka/client.js";
import { PartitionReader } from "../kafka/partition-reader.js";
import { PlainWriter } from "../kafka/plain-writer.js";
import { Schemas } from "../kafka/schemas.js";
import { checkTopics, createTopics } from "../kafka/topics.js";
import { foundNetwork } from "../network/found.js";
import { GenesisError, loadNetwork } from "../network/load.js";
import { SettingError, type Settings } from "../settings.js";
import { SPARE_PARTITIONS } from "../topology/partition-keeper.js";

/** What a new network is to be. */
export interface FoundingPlan {
  readonly chainId: number;
  readonly consensus: "hybrid-pos" | "solo";
  readonly validators: number;
  readonly shards: 1 | 2 | 4;
  readonly parameters?: Partial<GenesisParameters>;
  readonly accounts: readonly GenesisAccount[];
}

/** Partitions of transactions*: fixed for ever, so more than today's shards need. */
export const SOURCE_PARTITIONS = 4;
/** Stake of each validator of a new network, in whole RUS. */
const INITIAL_STAKE = 1_000;
const PRODUCTION_REPLICATION_MIN = 3;
/** A block is closed by the entry that fills it, which may be a bundle of a block that was closed so, twice over. */
const BLOCK_GROWTH_MAX = 4;
/** Changes of one entry, or one message of a bundle: three state values with their keys. */
const BYTES_PER_ENTRY_MAX = 1_024;

/** The cluster's topics aren't fit for a ledger. */
export class TopicsError extends Error {
  readonly code = "TOPICS_UNSAFE";
}

/**
 * Makes the cluster ready: topics, schemas, and the network where it has none yet. Idempotent.
 * @returns the network, and whether it was founded now
 */
export async function prepareNetwork(
  settings: Settings & { readonly registry: string },
  plan: FoundingPlan,
  log: Logger,
): Promise<{ network: Network; founded: boolean }> {
  const home = new Home(settings.home, settings.network);
  const kafka = connectKafka({
    brokers: settings.brokers,
    clientId: "rustorium-genesis",
    log: (message, details) => log.debug({ kafka: details }, message),
  });
  const admin = kafka.admin();
  await admin.connect();
  const reader = new PartitionReader(kafka);
  const writer = new PlainWriter(kafka);
  try {
    const counts = { source: SOURCE_PARTITIONS, shard: plan.shards + 1 + SPARE_PARTITIONS };
    const [created, schemaIds] = await Promise.all([
      createTopics(admin, settings.network, counts, settings.replication),
      new Schemas(settings.registry).registerAll(settings.network),
    ]);
    log.info({ created }, "topics ready");
    warnOfDevelopmentSettings(settings, log);
    const unsafe = (await checkTopics(admin, settings.network, counts)).filter(
      (difference) => difference.unsafe,
    );
    const [first] = unsafe;
    if (first) {
      throw new TopicsError(
        `${first.topic}: ${first.setting} is ${first.found}, must be ${first.expected}` +
          ` (${unsafe.length} in all: \`rustorium topics check\`)`,
      );
    }
    const existing = await loadNetwork(reader, settings.network, home.genesisHash()).catch(
      (error: unknown) => {
        if (error instanceof GenesisError && error.code === "NO_GENESIS") return undefined;
        throw error;
      },
    );
    if (existing) {
      home.saveTrust(trustFile(existing));
      return { network: existing, founded: false };
    }
    const network = makeNetwork(settings.network, plan, home);
    await foundNetwork(network, schemaIds, writer);
    home.saveGenesisHash(network.hash);
    home.saveTrust(trustFile(network));
    return { network, founded: true };
  } finally {
    await Promise.all([writer.close(), reader.close(), admin.disconnect()]);
  }
}

/** Says what production needs and this cluster's topics don't have (rule 18 of the design). */
function warnOfDevelopmentSettings({ replication }: Settings, log: Logger): void {
  if (replication >= PRODUCTION_REPLICATION_MIN) return;
  const message = `replication ${replication}: production needs ${PRODUCTION_REPLICATION_MIN}, min.insync.replicas 2, TLS and ACLs`;
  log.warn({ code: "DEVELOPMENT_SETTINGS" }, message);
}

/** Throws SettingError where a block's records could outgrow a topic's max.message.bytes (rule 17 of the design). */
function checkBounds({ maximumEntriesPerBlock }: GenesisParameters): void {
  const largest = maximumEntriesPerBlock * BLOCK_GROWTH_MAX * BYTES_PER_ENTRY_MAX;
  if (largest <= RECORD_BYTES_MAX) return;
  throw new SettingError(
    `maximumEntriesPerBlock ${maximumEntriesPerBlock}: a block's changes may take ${largest} bytes, a record ${RECORD_BYTES_MAX}`,
  );
}

function makeNetwork(name: string, plan: FoundingPlan, home: Home): Network {
  checkBounds({ ...DEFAULT_PARAMETERS, ...plan.parameters });
  home.makeMacKey();
  const validators = Array.from({ length: plan.validators }, (_, index) => ({
    validator: index + 1,
    name: `validator-${index + 1}`,
    publicKey: home.makeValidatorKey(index + 1).publicKey,
    stake: INITIAL_STAKE,
  }));
  return makeGenesis(
    {
      network: name,
      chainId: plan.chainId,
      consensus: plan.consensus,
      createdAt: Date.now(),
      sourcePartitions: SOURCE_PARTITIONS,
      parameters: { ...DEFAULT_PARAMETERS, ...plan.parameters },
      shards: initialShards(plan.shards),
      operatorKey: home.makeTopologyKey("operator").publicKey,
      assignerKey: home.makeTopologyKey("assigner").publicKey,
      validators,
    },
    plan.accounts,
  );
}
