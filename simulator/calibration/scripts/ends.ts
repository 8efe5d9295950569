import type { CalibrationScript, Observation } from "../cluster.js";
import { outcome } from "../outcome.js";
import { readAll, transactionalProducer, untilEnd, write } from "../records.js";

/** What kafkajs allows after the end of a transaction, and during one. */
export const ends: CalibrationScript = {
  name: "ends",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 1);
    const producer = await transactionalProducer(cluster, cluster.unique("writer"));
    const observations: Observation[] = [];
    const see = async (what: string, attempt: () => Promise<unknown>) => {
      observations.push([what, await outcome(attempt)]);
    };
    const first = await producer.transaction();
    await see("a second one beside an open one", () => producer.transaction());
    await write(first, topic, 0, ["a"]);
    await see("commit", () => first.commit());
    await see("commit twice", () => first.commit());
    await see("abort after a commit", () => first.abort());
    await see("send after a commit", () => write(first, topic, 0, ["b"]));
    await see("positions after a commit", () =>
      first.sendOffsets({
        consumerGroupId: cluster.unique("group"),
        topics: [{ topic, partitions: [{ partition: 0, offset: "1" }] }],
      }),
    );
    const second = await producer.transaction();
    await see("send of the first during the second", () => write(first, topic, 0, ["old"]));
    await see("send of the second", () => write(second, topic, 0, ["c"]));
    await see("abort", () => second.abort());
    await see("abort twice", () => second.abort());
    await see("commit after an abort", () => second.commit());
    await untilEnd(cluster, topic, 0, 4);
    const third = await producer.transaction();
    await see("empty commit", () => third.commit());
    await see("empty commit twice", () => third.commit());
    const unused = await producer.transaction();
    await see("a plain send of a transactional producer", () => write(producer, topic, 0, ["plain"]));
    await see("end of an unused one", () => unused.abort());
    await untilEnd(cluster, topic, 0, 5);
    return [...observations, ["what can be read", await readAll(cluster, topic, 0)]];
  },
};

/** A short one, in milliseconds; the broker looks once a second. */
const TIMEOUT_MS = 1_000;

/** A transaction that is open for too long: the broker aborts it and fences its producer. */
export const timeOut: CalibrationScript = {
  name: "time-out",
  async run(cluster) {
    const observations: Observation[] = [];
    for (const what of ["send", "commit", "abort"] as const) {
      const topic = await cluster.createTopic(what, 1);
      const id = cluster.unique(what);
      const producer = await transactionalProducer(cluster, id, TIMEOUT_MS);
      const transaction = await producer.transaction();
      await write(transaction, topic, 0, ["slow"]);
      await untilEnd(cluster, topic, 0, 2);
      const aborted = await readAll(cluster, topic, 0);
      const late = await outcome(() =>
        what === "send" ? write(transaction, topic, 0, ["late"]) : transaction[what](),
      );
      const end = await outcome(() => transaction.abort());
      const again = await outcome(() => producer.transaction());
      const other = await transactionalProducer(cluster, id);
      const next = await other.transaction();
      const written = await write(next, topic, 0, ["next"]);
      await next.commit();
      await untilEnd(cluster, topic, 0, written + 2);
      observations.push(
        [`${what}: aborted by the broker`, aborted],
        [`${what}: outcome`, late],
        [`${what}: abort, then another by the same producer`, [end, again]],
        [`${what}: offset of the next producer`, written],
        [`${what}: what can be read`, await readAll(cluster, topic, 0)],
      );
    }
    return observations;
  },
};
