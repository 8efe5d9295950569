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

/** What the broker has of a partition: first offset, and the one after the last. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** What the broker has of each input of a partition number; topics that don't have this partition are left out. */
export async function inputBounds(
  partition: number,
  { definition, environment }: StageDriver,
): Promise<ReadonlyMap<TopicName, Bounds>> {
  const { admin, network } = environment;
  const found = await Promise.all(
    definition.inputs.map(async (input) => {
      const offsets = await admin.fetchTopicOffsets(topicOnCluster(network.genesis.network, input));
      const own = offsets.find((entry) => entry.partition === partition);
      return own && ([input, { low: Number(own.low), high: Number(own.high) }] as const);
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

/**
 * Where a task starts reading each input: where it says, else at the group's committed offset, else at the earliest.
 * Topics that don't have this partition are left out. Throws StartOffsetError rather than skip records silently.
 * @param bounds as they were before the task was opened: where they don't do, they are asked for again
 */
export async function startOffsets(
  partition: number,
  task: StageTask,
  committed: ReadonlyMap<TopicName, number>,
  bounds: ReadonlyMap<TopicName, Bounds>,
  driver: StageDriver,
): Promise<Map<TopicName, number>> {
  const startOf = (input: TopicName, low: number) => task.startAt?.get(input) ?? committed.get(input) ?? low;
  const isWithin = ([input, { low, high }]: readonly [TopicName, Bounds]) => {
    const start = startOf(input, low);
    return start >= low && start <= high;
  };
  const areEnough = bounds.size === driver.definition.inputs.length && [...bounds].every(isWithin);
  const current = areEnough ? bounds : await inputBounds(partition, driver);
  const starts = new Map<TopicName, number>();
  for (const [input, { low, high }] of current) {
    const start = startOf(input, low);
    if (!isWithin([input, { low, high }])) {
      const name = topicOnCluster(driver.environment.network.genesis.network, input);
      throw new StartOffsetError(
        `${name}[${partition}]: start at ${start}, but the broker has ${low} to ${high}`,
      );
    }
    starts.set(input, start);
  }
  return starts;
}
