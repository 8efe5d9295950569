import type { RecordTransaction } from "../../../runtime/kafka/ports.js";
import type { CalibrationScript } from "../cluster.js";
import { bounds, committed, plainProducer, transactionalProducer, untilEnd, write } from "../records.js";
import { until } from "../until.js";

/** Positions of groups in Kafka transactions: committed with them or not at all. */
export const groupOffsets: CalibrationScript = {
  name: "positions in transactions",
  async run(cluster) {
    const input = await cluster.createTopic("input", 3);
    const output = await cluster.createTopic("output", 1);
    const group = cluster.unique("group");
    const other = cluster.unique("other");
    const unknown = await committed(cluster, group, input);
    const producer = await transactionalProducer(cluster, cluster.unique("writer"));
    const position = (transaction: RecordTransaction, consumerGroupId: string, offset: number) =>
      transaction.sendOffsets({
        consumerGroupId,
        topics: [{ topic: input, partitions: [{ partition: 1, offset: String(offset) }] }],
      });
    const aborted = await producer.transaction();
    await write(aborted, output, 0, ["a"]);
    await position(aborted, group, 5);
    const whileOpen = await committed(cluster, group, input);
    await aborted.abort();
    await untilEnd(cluster, output, 0, 2);
    const first = await producer.transaction();
    await position(first, group, 7);
    await position(first, other, 9);
    await position(first, group, 8);
    await first.commit();
    await until(cluster, "positions", async () => {
      const [seen, seenOther] = [
        await committed(cluster, group, input),
        await committed(cluster, other, input),
      ];
      return JSON.stringify([seen, seenOther]) !== JSON.stringify([unknown, unknown]);
    });
    await until(cluster, "positions of both", async () =>
      JSON.stringify(await committed(cluster, other, input)).includes("9"),
    );
    const afterCommit = [await committed(cluster, group, input), await committed(cluster, other, input)];
    const beyond = await producer.transaction();
    await write(beyond, output, 0, ["b"]);
    await position(beyond, group, 3);
    await beyond.commit();
    await untilEnd(cluster, output, 0, 4);
    await until(cluster, "lower positions", async () =>
      JSON.stringify(await committed(cluster, group, input)).includes("3"),
    );
    return [
      ["of a group that isn't there", unknown],
      ["while open", whileOpen],
      ["aborted, then two groups", afterCommit],
      ["lower than before, beyond the end", await committed(cluster, group, input)],
      ["bounds of what is empty", await bounds(cluster, input)],
    ];
  },
};

/** What the look-ups of the stages say about topics and groups. */
export const lookUps: CalibrationScript = {
  name: "look-ups",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 4);
    const second = await cluster.createTopic("b", 2);
    const producer = await plainProducer(cluster);
    await write(producer, topic, 2, ["a", "b"]);
    const open = await transactionalProducer(cluster, cluster.unique("writer"));
    const transaction = await open.transaction();
    await write(transaction, topic, 2, ["c", "d"]);
    const whileOpen = await bounds(cluster, topic);
    await transaction.abort();
    await untilEnd(cluster, topic, 2, 5);
    const both = await cluster.admin.fetchOffsets({
      groupId: cluster.unique("nobody"),
      topics: [topic, second],
    });
    return [
      ["with an open transaction", whileOpen],
      ["after its end", await bounds(cluster, topic)],
      [
        "positions in two topics",
        [topic, second].map((name) =>
          (both.find((entry) => entry.topic === name)?.partitions ?? []).map(({ offset }) => offset),
        ),
      ],
    ];
  },
};
