import { Allocation } from "../../ledger/genesis/allocation.js";
import { checkGenesis, type Network } from "../../ledger/genesis/genesis.js";
import { read } from "../../processors/read.js";
import { codec } from "../../schemas/codec.js";
import type { Genesis } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { PartitionReader } from "../kafka/partition-reader.js";

/** The genesis on the cluster isn't there, isn't whole, or isn't the configured one. */
export class GenesisError extends Error {
  constructor(
    readonly code: "NO_GENESIS" | "OTHER_GENESIS" | "BAD_GENESIS",
    message: string,
  ) {
    super(message);
    this.name = "GenesisError";
  }
}

/**
 * Reads the genesis from its topic and checks it. The first genesis record wins.
 * @param expectedHash hash from the configuration; undefined: the cluster is trusted for it (development)
 */
export async function loadNetwork(
  reader: PartitionReader,
  network: string,
  expectedHash: Buffer | undefined,
): Promise<Network> {
  let genesis: Genesis | undefined;
  const parts = new Map<number, Buffer>();
  try {
    for await (const records of reader.readToEnd("genesis", topicOnCluster(network, "genesis"), 0, 0)) {
      for (const record of records) {
        const value = read("GenesisRecord", record)?.record;
        if (!value) continue;
        if ("rustorium.Genesis" in value) genesis ??= value["rustorium.Genesis"];
        else {
          const part = value["rustorium.GenesisAllocation"];
          if (!parts.has(part.part)) parts.set(part.part, codec("GenesisAllocation").encode(part));
        }
      }
    }
  } catch (error) {
    throw new GenesisError(
      "NO_GENESIS",
      `network ${network}: topic genesis can't be read (${String(error)})`,
    );
  }
  if (!genesis)
    throw new GenesisError("NO_GENESIS", `network ${network} has no genesis: run \`rustorium genesis\``);
  const allocation = new Allocation([...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
  let loaded: Network;
  try {
    loaded = checkGenesis(genesis, allocation);
  } catch (error) {
    throw new GenesisError("BAD_GENESIS", `network ${network}: ${String(error)}`);
  }
  if (expectedHash && !loaded.hash.equals(expectedHash)) {
    const found = loaded.hash.toString("hex");
    const wanted = expectedHash.toString("hex");
    throw new GenesisError(
      "OTHER_GENESIS",
      `network ${network}: genesis ${found} on the cluster, ${wanted} configured`,
    );
  }
  return loaded;
}
