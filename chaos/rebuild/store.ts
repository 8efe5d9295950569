import { keyOfBytes } from "../../ledger/state/key.js";
import { stateStoreKey } from "../../processors/chain/store-layout.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { LevelStore } from "../../runtime/store/level-store.js";
import { fromWire } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";

/** Reads `shard.state` from its beginning into a new local store. @returns how long it took, in milliseconds */
export async function rebuildStore(
  { reader, network }: OpenEnvironment,
  directory: string,
  records: number,
): Promise<number> {
  const topic = topicOnCluster(network.genesis.network, "shard.state");
  const startMs = performance.now();
  const store = await LevelStore.open(directory, false);
  let stored = 0;
  try {
    for (const { partition } of network.topology.shards) {
      for await (const taken of reader.readToEnd("shard.state", topic, partition, 0)) {
        const batch = taken.flatMap(({ key, value }): [string, Buffer | null][] =>
          key ? [[stateStoreKey(keyOfBytes(key)), value && (fromWire(value)?.avroBytes ?? null)]] : [],
        );
        await store.write(batch);
        stored += batch.length;
      }
    }
  } finally {
    await store.close();
  }
  if (stored < records) throw new Error(`${stored} of ${records} records were stored`);
  return performance.now() - startMs;
}
