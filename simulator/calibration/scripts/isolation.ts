import type { CalibrationScript } from "../cluster.js";
import { bounds, plainProducer, readOnce, transactionalProducer, untilEnd, write } from "../records.js";

/** What read_committed shows while transactions are open, and the last stable offset. */
export const isolation: CalibrationScript = {
  name: "isolation",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const plain = await plainProducer(cluster);
    const one = await transactionalProducer(cluster, cluster.unique("one"));
    const two = await transactionalProducer(cluster, cluster.unique("two"));
    await write(plain, topic, 0, ["before"]);
    const early = await one.transaction();
    await write(early, topic, 0, ["early"]);
    await write(plain, topic, 0, ["held back"]);
    await write(plain, topic, 1, ["not held back"]);
    const late = await two.transaction();
    await write(late, topic, 0, ["late"]);
    const open = await readOnce(cluster, topic, 0, 0);
    const otherPartition = await readOnce(cluster, topic, 1, 0);
    const boundsWhileOpen = await bounds(cluster, topic);
    const atStable = await readOnce(cluster, topic, 0, 1);
    const beyondStable = await readOnce(cluster, topic, 0, 3);
    const atEnd = await readOnce(cluster, topic, 0, 4);
    await early.abort();
    await untilEnd(cluster, topic, 0, 3);
    const halfOpen = await readOnce(cluster, topic, 0, 0);
    await write(late, topic, 0, ["later"]);
    await late.commit();
    await untilEnd(cluster, topic, 0, 7);
    return [
      ["two open", open],
      ["another partition", otherPartition],
      ["bounds", boundsWhileOpen],
      ["from the last stable offset", atStable],
      ["from beyond it", beyondStable],
      ["from the end", atEnd],
      ["the first aborted, the second open", halfOpen],
      ["from an aborted record", await readOnce(cluster, topic, 0, 1)],
      ["both ended", await readOnce(cluster, topic, 0, 0)],
    ];
  },
};

/** Reads from each offset of a partition with markers and aborted records. */
export const paging: CalibrationScript = {
  name: "paging",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 1);
    const plain = await plainProducer(cluster);
    const producer = await transactionalProducer(cluster, cluster.unique("writer"));
    let end = 0;
    const transact = async (values: readonly string[], isCommit: boolean) => {
      const transaction = await producer.transaction();
      await write(transaction, topic, 0, values);
      await (isCommit ? transaction.commit() : transaction.abort());
      end += values.length + 1;
      await untilEnd(cluster, topic, 0, end);
    };
    await transact(["a", "b"], false);
    await transact(["c", "d"], true);
    await transact(["e"], true);
    await write(plain, topic, 0, ["f"]);
    end++;
    await transact(["g"], false);
    await transact(["h"], false);
    const reads = [];
    for (let offset = 0; offset <= end; offset++) reads.push(await readOnce(cluster, topic, 0, offset));
    const waiting = readOnce(cluster, topic, 0, end, 5_000);
    await write(plain, topic, 0, ["i"]);
    return [
      ["end", end],
      ["from each offset", reads],
      ["waiting at the end", await waiting],
    ];
  },
};
