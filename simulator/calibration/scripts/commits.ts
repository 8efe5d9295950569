import { copartitionAssigner } from "../../../runtime/kafka/assigner.js";
import type { CalibrationScript, Observation } from "../cluster.js";
import { Member } from "../member.js";
import { outcome } from "../outcome.js";
import { committed, plainProducer, readOnce, write } from "../records.js";
import { until } from "../until.js";

/** Commits of positions at times when the group is between two generations. */
export const commits: CalibrationScript = {
  name: "commits between generations",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    for (const partition of [0, 1]) await write(producer, topic, partition, ["a", "b", "c", "d"]);
    const between: string[] = [];
    let joins = 0;
    const member: Member = new Member(cluster, group, [topic], {
      config: {
        partitionAssigners: [
          (options) => {
            const assigner = copartitionAssigner(options);
            return {
              ...assigner,
              // The leader assigns when all have joined and nobody has been told: the generation is a new one.
              assign: async (given) => {
                if (joins++ > 0) between.push(await outcome(() => member.commit(topic, 0, 1)));
                return assigner.assign(given);
              },
            };
          },
        ],
      },
    });
    const observations: Observation[] = [["before it runs", await outcome(() => member.commit(topic, 0, 1))]];
    await member.run();
    observations.push(["in its generation", await outcome(() => member.commit(topic, 1, 3))]);
    const second = await Member.start(cluster, group, [topic]);
    await until(cluster, "the first's second assignment", () => member.joins > 1);
    observations.push(
      ["by the leader that has joined and not yet assigned", between],
      ["afterwards", await outcome(() => member.commit(topic, 0, 2))],
      ["committed", await committed(cluster, group, topic)],
    );
    await Promise.all([member.stop(), second.stop()]);
    return [...observations, ["after it stopped", await outcome(() => member.commit(topic, 0, 1))]];
  },
};

/** Positions that the broker doesn't have. */
export const outOfRange: CalibrationScript = {
  name: "out of range",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    for (const partition of [0, 1]) await write(producer, topic, partition, ["a", "b", "c"]);
    const member = await Member.start(cluster, group, [topic]);
    for (const partition of [0, 1]) await member.untilRead(topic, partition, 3);
    await member.commit(topic, 0, 99);
    await member.commit(topic, 1, 2);
    const before = await committed(cluster, group, topic);
    await member.stop();
    const next = await Member.start(cluster, group, [topic]);
    await next.untilRead(topic, 0, 3);
    await next.untilRead(topic, 1, 1);
    const observations: Observation[] = [
      ["committed", before],
      ["a member that starts beyond the end", [...next.readOf(topic, 0)]],
      ["its other partition", [...next.readOf(topic, 1)]],
      ["committed afterwards", await committed(cluster, group, topic)],
    ];
    next.forget();
    next.consumer.seek({ topic, partition: 1, offset: "77" });
    await next.untilRead(topic, 1, 1);
    observations.push(["sought beyond the end", [...next.readOf(topic, 1)]]);
    observations.push(["committed after that", await committed(cluster, group, topic)]);
    await next.stop();
    return [
      ...observations,
      ["read beyond the end", await outcome(() => readOnce(cluster, topic, 0, 4))],
      ["read at the end", await readOnce(cluster, topic, 0, 3)],
      ["read before the beginning", await outcome(() => readOnce(cluster, topic, 0, -5))],
    ];
  },
};
