import type { CalibrationScript } from "../cluster.js";
import { outcome } from "../outcome.js";
import { bounds, plainProducer, readAll, write } from "../records.js";

const PARTITIONS = 3;

/** Plain idempotent writes: offsets, order within and across partitions, keys, tombstones, what isn't there. */
export const produce: CalibrationScript = {
  name: "plain writes",
  async run(cluster) {
    const topic = await cluster.createTopic("a", PARTITIONS);
    const producer = await plainProducer(cluster);
    const first = await write(producer, topic, 0, ["a", "b", "c"]);
    const second = await write(producer, topic, 0, ["d"]);
    const mixed = await producer.sendBatch({
      topicMessages: [
        {
          topic,
          messages: [2, 1, 2, 0, 1, 2].map((partition, place) => ({
            key: null,
            value: Buffer.from(`mixed ${place}`),
            partition,
          })),
        },
      ],
    });
    const together = await Promise.all(
      Array.from({ length: 10 }, () => write(producer, topic, 1, ["together"])),
    );
    const keyed = await producer.sendBatch({
      topicMessages: [
        {
          topic,
          messages: Array.from({ length: 8 }, (_, key) => ({ key: Buffer.from([key]), value: null })),
        },
      ],
    });
    const nowhere = await producer
      .sendBatch({
        topicMessages: [{ topic, messages: [{ key: null, value: null, partition: PARTITIONS }] }],
      })
      .then((replies) => replies.length, String);
    const numbers = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    return [
      ["offsets of two sends", [first, second]],
      ["offsets of a send to three partitions", offsetsOf(mixed)],
      ["offsets of sends that don't wait for each other", [...together].sort((a, b) => a - b)],
      ["partitions of keys", offsetsOf(keyed)],
      ["replies for a partition that isn't there", nowhere],
      ["no messages", await outcome(() => producer.sendBatch({ topicMessages: [] }))],
      ["what can be read", await Promise.all(numbers.map((number) => readAll(cluster, topic, number)))],
      ["bounds", await bounds(cluster, topic)],
    ];
  },
};

function offsetsOf(replies: readonly { partition: number; baseOffset?: string }[]) {
  return [...replies]
    .sort((left, right) => left.partition - right.partition)
    .map(({ partition, baseOffset }) => ({ partition, offset: Number(baseOffset) }));
}
