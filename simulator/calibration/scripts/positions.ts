import type { CalibrationScript, Observation } from "../cluster.js";
import { Member, untilShared } from "../member.js";
import { outcome } from "../outcome.js";
import { committed, plainProducer, transactionalProducer, untilEnd, write } from "../records.js";
import { until } from "../until.js";

const VALUES = ["a", "b", "c", "d", "e", "f"];

/** Where members read on after partitions were shared anew: at what is committed, whatever they read before. */
export const rejoin: CalibrationScript = {
  name: "positions after a rebalance",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    for (const partition of [0, 1]) await write(producer, topic, partition, VALUES);
    const first = await Member.start(cluster, group, [topic]);
    for (const partition of [0, 1]) await first.untilRead(topic, partition, VALUES.length);
    await first.commit(topic, 0, 2);
    await first.commit(topic, 1, 4);
    first.forget();
    const second = await Member.start(cluster, group, [topic]);
    await untilShared(cluster, [first, second], topic, 2);
    const owner = (partition: number) => (first.has(topic, partition) ? first : second);
    await owner(0).untilRead(topic, 0, 4);
    await owner(1).untilRead(topic, 1, 2);
    const observations: Observation[] = [
      ["partition 0", owner(0).readOf(topic, 0)],
      ["partition 1", owner(1).readOf(topic, 1)],
      ["commit by who hasn't it", await outcome(() => owner(0).commit(topic, 1, 5))],
      ["committed", await committed(cluster, group, topic)],
    ];
    await Promise.all([first.stop(), second.stop()]);
    return observations;
  },
};

/** Seeking where the stages do: in the listener of the assignment, and later. */
export const seek: CalibrationScript = {
  name: "seek",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    for (const partition of [0, 1]) await write(producer, topic, partition, VALUES);
    let from = "3";
    const member = await Member.start(cluster, group, [topic], {
      onAssigned: ({ consumer }) => {
        consumer.seek({ topic, partition: 0, offset: "1" });
        consumer.seek({ topic, partition: 0, offset: from });
      },
    });
    await member.untilRead(topic, 0, 3);
    await member.untilRead(topic, 1, 6);
    const observations: Observation[] = [
      ["in the listener, twice", [...member.readOf(topic, 0)]],
      ["not sought", [...member.readOf(topic, 1)]],
      ["committed", await committed(cluster, group, topic)],
    ];
    member.forget();
    member.consumer.seek({ topic, partition: 1, offset: "4" });
    await member.untilRead(topic, 1, 2);
    observations.push(["later", [...member.readOf(topic, 1)]]);
    member.forget();
    from = "5";
    const joins = member.joins;
    const second = await Member.start(cluster, group, [topic], {
      onAssigned: ({ consumer }) => consumer.seek({ topic, partition: 0, offset: "5" }),
    });
    await untilShared(cluster, [member, second], topic, 2);
    await until(cluster, "another assignment", () => member.joins > joins);
    const owner = (partition: number) => (member.has(topic, partition) ? member : second);
    await owner(0).untilRead(topic, 0, 1);
    await owner(1).untilRead(topic, 1, 6);
    observations.push(
      ["in the listener of the next assignment", owner(0).readOf(topic, 0)],
      ["not sought there: from the beginning, as nothing is committed", owner(1).readOf(topic, 1)],
    );
    await Promise.all([member.stop(), second.stop()]);
    return observations;
  },
};

/** Pausing: holds back one topic's partition, through a rebalance too. */
export const pause: CalibrationScript = {
  name: "pause",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const other = await cluster.createTopic("b", 2);
    const topics = [topic, other];
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    const options = {
      onAssigned: ({ consumer }: Member) => consumer.pause([{ topic, partitions: [0] }]),
    };
    for (const name of topics)
      for (const partition of [0, 1]) await write(producer, name, partition, ["a", "b"]);
    const member = await Member.start(cluster, group, topics, options);
    for (const name of [other, topic]) await member.untilRead(name, 1, 2);
    await member.untilRead(other, 0, 2);
    const observations: Observation[] = [["paused in the listener", [...member.readOf(topic, 0)]]];
    const second = await Member.start(cluster, group, topics, options);
    await untilShared(cluster, [member, second], topic, 2);
    const owner = () => (member.has(topic, 0) ? member : second);
    await write(producer, other, 0, ["c"]);
    await until(cluster, "the other topic's record", () =>
      owner()
        .readOf(other, 0)
        .some(([, value]) => value === "c"),
    );
    observations.push(["paused through a rebalance", [...owner().readOf(topic, 0)]]);
    owner().consumer.resume([{ topic, partitions: [0] }]);
    await owner().untilRead(topic, 0, 2);
    observations.push(["resumed", [...owner().readOf(topic, 0)]]);
    owner().consumer.pause([{ topic, partitions: [0] }]);
    owner().consumer.seek({ topic, partition: 0, offset: "1" });
    await write(producer, other, 0, ["d"]);
    await until(cluster, "the other topic's next record", () =>
      owner()
        .readOf(other, 0)
        .some(([, value]) => value === "d"),
    );
    observations.push(["sought while paused", [...owner().readOf(topic, 0)]]);
    owner().consumer.resume([{ topic, partitions: [0] }]);
    await owner().untilRead(topic, 0, 3);
    observations.push(["resumed after seeking", [...owner().readOf(topic, 0)]]);
    await Promise.all([member.stop(), second.stop()]);
    return observations;
  },
};

/** A member reads over aborted records and markers, and waits at the last stable offset; one that fails reads again. */
export const through: CalibrationScript = {
  name: "reading over markers",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 1);
    const group = cluster.unique("group");
    const plain = await plainProducer(cluster);
    const producer = await transactionalProducer(cluster, cluster.unique("writer"));
    const aborted = await producer.transaction();
    await write(aborted, topic, 0, ["a", "b"]);
    await aborted.abort();
    await untilEnd(cluster, topic, 0, 3);
    const kept = await producer.transaction();
    await write(kept, topic, 0, ["c"]);
    await kept.commit();
    await untilEnd(cluster, topic, 0, 5);
    const open = await producer.transaction();
    await write(open, topic, 0, ["d"]);
    await write(plain, topic, 0, ["e"]);
    let failures = 0;
    const member = await Member.start(cluster, group, [topic], {
      onBatch: async () => {
        if (failures++ === 0) throw new Error("once");
      },
    });
    await member.untilRead(topic, 0, 2);
    const whileOpen = [...member.readOf(topic, 0)];
    await open.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition: 0, offset: "5" }] }],
    });
    await open.commit();
    await member.untilRead(topic, 0, 4);
    await until(
      cluster,
      "the position",
      async () => JSON.stringify(await committed(cluster, group, topic)) === "[5]",
    );
    const observations: Observation[] = [
      ["while one is open; the first batch failed once", whileOpen],
      ["all", member.readOf(topic, 0)],
      ["joins", member.joins],
      ["committed by the transaction, while the group has members", await committed(cluster, group, topic)],
    ];
    await member.stop();
    return observations;
  },
};
