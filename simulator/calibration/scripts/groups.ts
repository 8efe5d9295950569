import type { CalibrationScript, Observation } from "../cluster.js";
import { assignmentsOf, Member, untilShared } from "../member.js";
import { outcome } from "../outcome.js";
import { committed, plainProducer, write } from "../records.js";
import { until } from "../until.js";

/** Of the member that dies, in milliseconds: others wait for it. */
const SHORT_SESSION_MS = 2_000;
/** How long a group waits for a member that doesn't join again, in milliseconds. */
const REBALANCE_TIMEOUT_MS = 2_000;

/** Copartitioned assignment of one, two and three members that come and go. */
export const assignment: CalibrationScript = {
  name: "assignment",
  async run(cluster) {
    const topics = [await cluster.createTopic("a", 5), await cluster.createTopic("b", 2)];
    const group = cluster.unique("group");
    const observations: Observation[] = [];
    const members: Member[] = [];
    const see = async (what: string) => {
      await untilShared(cluster, members, topics[0]!, 5);
      observations.push([what, assignmentsOf(members, topics)]);
    };
    for (const count of ["one", "two", "three"]) {
      members.push(await Member.start(cluster, group, topics));
      await see(count);
    }
    await members.shift()!.stop();
    await see("the first has left");
    await members.pop()!.stop();
    await see("the last has left");
    members.push(await Member.start(cluster, group, topics));
    await see("another came");
    await Promise.all(members.map((member) => member.stop()));
    return observations;
  },
};

/** A member that stops to be heard of loses its partitions, finds out when it wakes, and comes back. */
export const killed: CalibrationScript = {
  name: "a member that dies",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    const options = { sessionTimeoutMs: SHORT_SESSION_MS };
    const members = [
      await Member.start(cluster, group, [topic], options),
      await Member.start(cluster, group, [topic], options),
    ];
    await untilShared(cluster, members, topic, 2);
    const dying = members.find((member) => member.has(topic, 1))!;
    const staying = members.find((member) => member.has(topic, 0))!;
    dying.stall();
    await write(producer, topic, 0, ["a", "b"]);
    await write(producer, topic, 1, ["c", "d"]);
    await dying.untilRead(topic, 1, 2);
    await staying.untilRead(topic, 0, 2);
    const before = await outcome(() => dying.commit(topic, 1, 1));
    await until(cluster, "the other to get all", () => staying.has(topic, 1));
    const whileOut = await outcome(() => dying.commit(topic, 1, 2));
    await staying.untilRead(topic, 1, 1);
    const taken = [...staying.readOf(topic, 1)];
    const again = [...staying.readOf(topic, 0)];
    dying.forget();
    staying.forget();
    const joins = dying.joins;
    dying.wake();
    await until(cluster, "it to come back", () => dying.joins > joins);
    await untilShared(cluster, members, topic, 2);
    const both = assignmentsOf(members, [topic]);
    await Promise.all(members.map((member) => member.stop()));
    return [
      ["commit before", before],
      ["commit after it was given up", whileOut],
      ["where the other goes on with its partition", taken],
      ["what the other reads of its own one, in which nothing was committed", again],
      ["both again", both],
      ["committed", await committed(cluster, group, topic)],
      ["commit after leaving", await outcome(() => dying.commit(topic, 1, 2))],
    ];
  },
};

/**
 * A member that is busy with one partition while another one's heartbeat says that the group rebalances: it joins again
 * only when all that it fetched is handled, and loses its place where that takes too long.
 */
export const busy: CalibrationScript = {
  name: "a member that is busy",
  async run(cluster) {
    const topic = await cluster.createTopic("a", 2);
    const group = cluster.unique("group");
    const producer = await plainProducer(cluster);
    await producer.sendBatch({
      topicMessages: [
        { topic, messages: [0, 1].map((partition) => ({ key: null, value: Buffer.from("a"), partition })) },
      ],
    });
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let heard: string | undefined;
    const options = { config: { rebalanceTimeout: REBALANCE_TIMEOUT_MS } };
    const first = await Member.start(cluster, group, [topic], {
      ...options,
      onBatch: async (_topic, partition, heartbeat) => {
        if (first.joins > 1) return;
        if (partition === 0) return released;
        heard = await outcome(() => until(cluster, "news", async () => heartbeat().then(() => false)));
        if (heard !== "done") throw new Error(heard);
      },
    });
    await first.untilRead(topic, 0, 1);
    await first.untilRead(topic, 1, 1);
    const second = await Member.start(cluster, group, [topic], options);
    const observations: Observation[] = [
      ["what the heartbeat said", heard ?? "nothing"],
      ["joins of the busy one when the other has got its partitions", first.joins],
      ["partitions of the other", assignmentsOf([second], [topic])],
    ];
    release();
    await untilShared(cluster, [first, second], topic, 2);
    observations.push(["both", assignmentsOf([first, second], [topic])]);
    await Promise.all([first.stop(), second.stop()]);
    return observations;
  },
};
