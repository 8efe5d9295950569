import { read } from "../../processors/read.js";
import type { ScalingOutcome } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import type { OpenEnvironment } from "../process/environment.js";

/** Records that are read again after a start: many more than the changes whose cost is remembered. */
const PAST_RECORDS_MAX = 1_000;

/** What came of the last decisions, oldest first. Throws what the broker answers. */
export async function pastOutcomes(
  { network, admin }: OpenEnvironment,
  reader: PartitionReader,
): Promise<ScalingOutcome[]> {
  const topic = topicOnCluster(network.genesis.network, "scaling.decisions");
  const [bounds] = await admin.fetchTopicOffsets(topic);
  const from = Math.max(Number(bounds!.low), Number(bounds!.high) - PAST_RECORDS_MAX);
  const outcomes: ScalingOutcome[] = [];
  for await (const records of reader.readToEnd("scaling.decisions", topic, 0, from)) {
    for (const record of records) {
      const value = read("ScalingRecord", record)?.record;
      if (value && "rustorium.ScalingOutcome" in value) outcomes.push(value["rustorium.ScalingOutcome"]);
    }
  }
  return outcomes;
}
