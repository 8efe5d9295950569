import { shardRecordKey } from "../../processors/keys.js";
import { Meter } from "../../processors/meter/meter.js";
import { read } from "../../processors/read.js";
import { codec } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { outgoing } from "../driver/perform.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import type { PlainWriter } from "../kafka/plain-writer.js";
import type { OpenEnvironment } from "../process/environment.js";

/** Longest wait of a fetch without records, in milliseconds. */
const WAIT_MS = 250;

/**
 * Puts together what the stages measure of each shard, into metrics.shards, until it is stopped. Begins with what is measured
 * from now on. Throws what the broker answers.
 * @param capacity transactions a second that a shard can take; undefined: it is measured
 */
export async function measureShards(
  { network, topology, schemaIds, admin }: OpenEnvironment,
  reader: PartitionReader,
  writer: PlainWriter,
  capacity: number | undefined,
  isStopped: () => boolean,
): Promise<void> {
  const name = network.genesis.network;
  const stages = topicOnCluster(name, "metrics.stages");
  const meter = new Meter(capacity);
  let next = Number((await admin.fetchTopicOffsets(stages))[0]!.high);
  while (!isStopped()) {
    const fetched = await reader.fetch("metrics.stages", stages, 0, next, WAIT_MS);
    next = fetched.next;
    const measured = fetched.records.flatMap((record) => {
      const metrics = read("StageMetrics", record);
      return metrics ? meter.take(metrics, topology.current) : [];
    });
    await writer.write(
      measured.map((metrics) => {
        const key = shardRecordKey(metrics.figures.shard);
        const value = codec("ShardMetrics").encode(metrics);
        return outgoing({ topic: "metrics.shards", partition: 0, key, value }, name, schemaIds);
      }),
    );
  }
}
