import type { StageTask } from "../../processors/stage.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { StageDriver } from "./environment.js";

/** Reading can't start where it must: the broker doesn't have that offset (any more). */
export class StartOffsetError extends Error {
  readonly code = "OFFSET_OUT_OF_RANGE";
}

/**
 * Where a task starts reading each input: where it says, else at the group's committed offset, else at the earliest.
 * Topics that don't have this partition are left out. Throws StartOffsetError rather than skip records silently.
 */
export async function startOffsets(
  partition: number,
  task: StageTask,
  { definition, environment }: StageDriver,
): Promise<Map<TopicName, number>> {
  const { admin, network } = environment;
  const prefix = network.genesis.network;
  const names = definition.inputs.map((input) => topicOnCluster(prefix, input));
  const committed = await admin.fetchOffsets({ groupId: `${prefix}.${definition.group}`, topics: names });
  const starts = new Map<TopicName, number>();
  for (const input of definition.inputs) {
    const name = topicOnCluster(prefix, input);
    const bounds = (await admin.fetchTopicOffsets(name)).find((entry) => entry.partition === partition);
    if (!bounds) continue;
    const low = Number(bounds.low);
    const high = Number(bounds.high);
    const saved = committed
      .find((entry) => entry.topic === name)
      ?.partitions.find((entry) => entry.partition === partition)?.offset;
    const start =
      task.startAt?.get(input) ?? (saved !== undefined && Number(saved) >= 0 ? Number(saved) : low);
    if (start < low || start > high) {
      throw new StartOffsetError(
        `${name}[${partition}]: start at ${start}, but the broker has ${low} to ${high}`,
      );
    }
    starts.set(input, start);
  }
  return starts;
}
