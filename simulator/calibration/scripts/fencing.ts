import type { RecordProducer, RecordTransaction } from "../../../runtime/kafka/ports.js";
import type { CalibrationCluster, CalibrationScript, Observation } from "../cluster.js";
import { outcome } from "../outcome.js";
import { committed, readAll, transactionalProducer, untilEnd, write } from "../records.js";
import { until } from "../until.js";

/** What an old producer may try after it was fenced. */
const ATTEMPTS = ["send", "send elsewhere", "positions", "commit", "abort"] as const;

function attempt(
  what: (typeof ATTEMPTS)[number],
  transaction: RecordTransaction,
  topic: string,
): Promise<unknown> {
  switch (what) {
    case "send":
      return write(transaction, topic, 0, ["too late"]);
    case "send elsewhere":
      return write(transaction, topic, 1, ["too late"]);
    case "positions":
      return transaction.sendOffsets({
        consumerGroupId: "fenced",
        topics: [{ topic, partitions: [{ partition: 0, offset: "1" }] }],
      });
    case "commit":
      return transaction.commit();
    case "abort":
      return transaction.abort();
  }
}

/** How the old producer and its transaction answer after a first attempt. */
async function aftermath(
  producer: RecordProducer,
  transaction: RecordTransaction,
): Promise<Record<string, string>> {
  const commit = await outcome(() => transaction.commit());
  const abort = await outcome(() => transaction.abort());
  const again = await outcome(() => producer.transaction());
  return { commit, abort, again };
}

/** A second producer with the same transactional id: the old one can't do anything any more. */
export const fencing: CalibrationScript = {
  name: "fencing",
  async run(cluster) {
    const observations: Observation[] = [];
    for (const what of ATTEMPTS) {
      const id = cluster.unique(`writer ${what}`);
      const topic = await cluster.createTopic(`open-${what.replace(" ", "-")}`, 2);
      const old = await transactionalProducer(cluster, id);
      const transaction = await old.transaction();
      await write(transaction, topic, 0, ["old"]);
      const young = await transactionalProducer(cluster, id);
      const next = await young.transaction();
      await untilEnd(cluster, topic, 0, 2);
      const takenOver = await readAll(cluster, topic, 0);
      const first = await outcome(() => attempt(what, transaction, topic));
      const then = await aftermath(old, transaction);
      const sent = await outcome(() => write(next, topic, 0, ["new"]));
      const committedNext = await outcome(() => next.commit());
      await untilEnd(cluster, topic, 0, 4);
      const after = await Promise.all([0, 1].map((number) => readAll(cluster, topic, number)));
      observations.push(
        [`${what}: what the old one had written`, takenOver],
        [`${what}: outcome`, first],
        [`${what}: then`, then],
        [`${what}: the new one`, [sent, committedNext]],
        [`${what}: what can be read`, after],
      );
    }
    return observations;
  },
};

/** A producer that was fenced before its transaction wrote anything, and one fenced after it committed. */
export const fencedIdle: CalibrationScript = {
  name: "fencing of the idle",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 1);
    const id = cluster.unique("writer");
    const old = await transactionalProducer(cluster, id);
    const done = await old.transaction();
    await write(done, topic, 0, ["old"]);
    await done.commit();
    await untilEnd(cluster, topic, 0, 2);
    const unused = await old.transaction();
    const young = await transactionalProducer(cluster, id);
    const next = await young.transaction();
    const observations: Observation[] = [
      ["nothing to commit", await outcome(() => unused.commit())],
      ["another", await begun(old, topic)],
      ["the new one", await outcome(() => write(next, topic, 0, ["new"]))],
      ["its end", await outcome(() => next.commit())],
    ];
    await untilEnd(cluster, topic, 0, 4);
    return [...observations, ["what can be read", await readAll(cluster, topic, 0)]];
  },
};

function begun(producer: RecordProducer, topic: string): Promise<string> {
  return outcome(async () => {
    const transaction = await producer.transaction();
    await write(transaction, topic, 0, ["again"]);
  });
}

/** Fenced while the transaction's end is on its way: either is decided, and what was committed stays. */
export const takeover: CalibrationScript = {
  name: "takeover",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 1);
    const group = cluster.unique("group");
    const id = cluster.unique("writer");
    const old = await transactionalProducer(cluster, id);
    const transaction = await old.transaction();
    await write(transaction, topic, 0, ["kept"]);
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition: 0, offset: "1" }] }],
    });
    await transaction.commit();
    // At once: the markers may still be on their way.
    const young = await transactionalProducer(cluster, id);
    const next = await young.transaction();
    const record = await readAll(cluster, topic, 0);
    const position = await positionOf(cluster, group, topic);
    await write(next, topic, 0, ["not kept"]);
    await next.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition: 0, offset: "9" }] }],
    });
    const last = await transactionalProducer(cluster, id);
    await last.transaction();
    await untilEnd(cluster, topic, 0, 4);
    return [
      ["records of an open one that was taken over", await readAll(cluster, topic, 0)],
      ["its position", await committed(cluster, group, topic)],
      ["records once the new one has begun", record],
      ["position", position],
    ];
  },
};

async function positionOf(cluster: CalibrationCluster, group: string, topic: string) {
  await until(
    cluster,
    "the position",
    async () => JSON.stringify(await committed(cluster, group, topic)) !== "[-1]",
  );
  return committed(cluster, group, topic);
}
