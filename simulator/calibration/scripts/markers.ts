import type { CalibrationScript } from "../cluster.js";
import { bounds, plainProducer, readAll, transactionalProducer, untilEnd, write } from "../records.js";

/** Which offsets the ends of Kafka transactions take, where nothing was written too. */
export const markers: CalibrationScript = {
  name: "markers",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 3);
    const plain = await plainProducer(cluster);
    const producer = await transactionalProducer(cluster, cluster.unique("writer"));
    const empty = await producer.transaction();
    await empty.commit();
    const committed = await producer.transaction();
    const first = await write(committed, topic, 0, ["a", "b"]);
    const second = await write(committed, topic, 0, ["c"]);
    const elsewhere = await write(committed, topic, 1, ["d"]);
    await committed.commit();
    await untilEnd(cluster, topic, 0, 4);
    await untilEnd(cluster, topic, 1, 2);
    const afterCommit = await write(plain, topic, 0, ["e"]);
    const aborted = await producer.transaction();
    const third = await write(aborted, topic, 0, ["f"]);
    await aborted.abort();
    await untilEnd(cluster, topic, 0, 7);
    const afterAbort = await write(plain, topic, 0, ["g"]);
    const untouched = await producer.transaction();
    await untouched.abort();
    return [
      ["offsets in a transaction", [first, second, elsewhere]],
      ["offset after a commit", afterCommit],
      ["offset in the next transaction", third],
      ["offset after an abort", afterAbort],
      ["what can be read", await Promise.all([0, 1, 2].map((number) => readAll(cluster, topic, number)))],
      ["bounds", await bounds(cluster, topic)],
    ];
  },
};

/** Transactions one right after the other, before the markers of the one before are there. */
export const backToBack: CalibrationScript = {
  name: "transactions back to back",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const producer = await transactionalProducer(cluster, cluster.unique("writer"));
    const offsets: number[][] = [];
    for (let round = 0; round < 20; round++) {
      const transaction = await producer.transaction();
      const first = await write(transaction, topic, 0, [`${round}`]);
      const second = await write(transaction, topic, round % 2, [`${round} again`]);
      offsets.push([first, second]);
      await (round % 3 === 0 ? transaction.abort() : transaction.commit());
    }
    await untilEnd(cluster, topic, 0, 50);
    await untilEnd(cluster, topic, 1, 20);
    return [
      ["offsets", offsets],
      ["what can be read", await Promise.all([0, 1].map((number) => readAll(cluster, topic, number)))],
    ];
  },
};
