import type { CalibrationScript } from "../cluster.js";
import { Member } from "../member.js";
import { outcome } from "../outcome.js";
import { committed, plainProducer, write } from "../records.js";
import { until } from "../until.js";

/** Errors that a member's consumer takes before it crashes: fewer than the stages allow, so that it is soon. */
const RETRIES = 3;

/** A member whose handler fails again and again: it reads again, crashes, leaves, and begins anew with nothing paused. */
export const crash: CalibrationScript = {
  name: "a member that crashes",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    await write(producer, topic, 0, ["a"]);
    await write(producer, topic, 1, ["b"]);
    let failures = 0;
    const restarts: boolean[] = [];
    const commands: string[] = [];
    const member = new Member(cluster, group, [topic], {
      config: {
        retry: {
          retries: RETRIES,
          initialRetryTime: 20,
          maxRetryTime: 100,
          restartOnFailure: async () => true,
        },
      },
      onAssigned: ({ consumer, joins }) => {
        if (joins === 1) consumer.pause([{ topic, partitions: [1] }]);
      },
      onBatch: async () => {
        if (restarts.length > 0) return;
        failures++;
        throw new Error("again");
      },
    });
    const { consumer } = member;
    consumer.on(consumer.events.CRASH, async ({ payload }) => {
      restarts.push(payload.restart);
      commands.push(await outcome(async () => consumer.pause([{ topic, partitions: [0] }])));
      commands.push(await outcome(async () => consumer.seek({ topic, partition: 0, offset: "0" })));
    });
    await member.run();
    await until(cluster, "a crash", () => restarts.length > 0);
    const lost = [...member.readOf(topic, 0)];
    await member.untilRead(topic, 1, 1);
    await member.untilRead(topic, 0, failures + 1);
    const joins = member.joins;
    await member.stop();
    return [
      ["failures until it crashed", failures],
      ["what it had read", lost],
      ["restarts", restarts],
      ["pausing and seeking then", commands],
      ["joins", joins],
      ["what was paused before", member.readOf(topic, 1)],
      ["committed", await committed(cluster, group, topic)],
    ];
  },
};
