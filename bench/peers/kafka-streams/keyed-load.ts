import type { Topology } from "../../../ledger/topology.js";
import { partitionByKey } from "../../../runtime/kafka/partition-by-key.js";
import { PlainWriter } from "../../../runtime/kafka/plain-writer.js";
import { loadAccounts } from "../../load/accounts.js";
import { LoadGenerator, type LoadTransaction } from "../../load/load.js";
import type { VariantRun } from "./variant.js";

export const CHAIN_ID = 1_001;
/** The peer takes any id: it knows one schema only. */
export const SCHEMA_ID = 1;
const SEED = 1;
/** Records of one call to the writer. */
const CHUNK = 5_000;

/** A transfer and the partition of its key. */
export interface KeyedTransaction extends LoadTransaction {
  readonly partition: number;
}

export interface KeyedLoadOptions {
  readonly transactions: number;
  readonly accounts: number;
  readonly partitions: number;
  /** Share of the transfers whose recipient is in another partition. */
  readonly crossShare: number;
}

/** Where accounts live in the peer: the partition that Kafka's default partitioner gives their id. */
export function keyTopology(partitions: number): Pick<Topology, "shardOf" | "shards"> {
  const partitionOf = partitionByKey("transactions", partitions);
  const shards = Array.from({ length: partitions }, (_, shard) => ({
    shard,
    partition: shard,
    path: String(shard + 1),
    prefix: "",
    epoch: 0,
    parents: [],
  }));
  return { shards, shardOf: partitionOf };
}

/** Signs a load beforehand, so that signing takes nothing from what is measured. */
export function makeLoad(options: KeyedLoadOptions): KeyedTransaction[] {
  const topology = keyTopology(options.partitions);
  const accounts = loadAccounts(options.accounts, "ed25519", SEED);
  const { crossShare } = options;
  const generator = new LoadGenerator(
    { chainId: CHAIN_ID, accounts, skew: "uniform", crossShare, seed: SEED },
    topology,
    SCHEMA_ID,
  );
  return Array.from({ length: options.transactions }, () => {
    const transaction = generator.next();
    return { ...transaction, partition: topology.shardOf(transaction.key) };
  });
}

/** Publishes to one topic, in order. */
export function publisher({ kafka, transactions }: Pick<VariantRun, "kafka" | "transactions">) {
  const writer = new PlainWriter(kafka);
  return {
    write: (part: readonly KeyedTransaction[]) =>
      writer.write(part.map(({ key, value, partition }) => ({ topic: transactions, key, value, partition }))),
    close: () => writer.close(),
  };
}

/** Publishes all of it, each record acknowledged. */
export async function publish(
  run: Pick<VariantRun, "kafka" | "transactions">,
  load: readonly KeyedTransaction[],
): Promise<void> {
  const writer = publisher(run);
  for (let start = 0; start < load.length; start += CHUNK) {
    await writer.write(load.slice(start, start + CHUNK));
  }
  await writer.close();
}
