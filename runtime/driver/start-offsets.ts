import type { StageTask } from "../../processors/stage.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { StageDriver } from "./environment.js";

/** Reading can't start where it must: the broker doesn't have that offset (any more). */
export class StartOffsetError extends Error {
  readonly code = "OFFSET_OUT_OF_RANGE";
}

/**
 * What the group has committed for a partition number, by input. To be asked for before a task reads what it wrote itself:
 * the other way round another member could write and commit in between (this process may be stopped for long), and the
 * task would begin behind records whose outcome it never saw.
 */
export async function committedOffsets(
  partition: number,
  { definition, environment }: StageDriver,
): Promise<ReadonlyMap<TopicName, number>> {
  const { admin, network } = environment;
  const prefix = network.genesis.network;
  const topics = new Map(definition.inputs.map((input) => [topicOnCluster(prefix, input), input]));
  const found = await admin.fetchOffsets({
    groupId: `${prefix}.${definition.group}`,
    topics: [...topics.keys()],
  });
  const committed = new Map<TopicName, number>();
  for (const { topic, partitions } of found) {
    const input = topics.get(topic);
    const offset = Number(partitions.find((entry) => entry.partition === partition)?.offset ?? -1);
    // Negative: nothing is committed.
    if (input && offset >= 0) committed.set(input, offset);
  }
  return committed;
}

/**
 * Where a task starts reading each input: where it says, else at the group's committed offset, else at the earliest.
 * Topics that don't have this partition are left out. Throws StartOffsetError rather than skip records silently.
 */
export async function startOffsets(
  partition: number,
  task: StageTask,
  committed: ReadonlyMap<TopicName, number>,
  { definition, environment }: StageDriver,
): Promise<Map<TopicName, number>> {
  const { admin, network } = environment;
  const prefix = network.genesis.network;
  const starts = new Map<TopicName, number>();
  for (const input of definition.inputs) {
    const name = topicOnCluster(prefix, input);
    const bounds = (await admin.fetchTopicOffsets(name)).find((entry) => entry.partition === partition);
    if (!bounds) continue;
    const low = Number(bounds.low);
    const high = Number(bounds.high);
    const start = task.startAt?.get(input) ?? committed.get(input) ?? low;
    if (start < low || start > high) {
      throw new StartOffsetError(
        `${name}[${partition}]: start at ${start}, but the broker has ${low} to ${high}`,
      );
    }
    starts.set(input, start);
  }
  return starts;
}
