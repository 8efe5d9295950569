import type { CalibrationScript, Observation } from "../cluster.js";
import { assignmentsOf, Member, untilShared } from "../member.js";
import { outcome } from "../outcome.js";
import { committed, plainProducer, write } from "../records.js";
import { until } from "../until.js";

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
    const members = [
      await Member.start(cluster, group, [topic]),
      await Member.start(cluster, group, [topic]),
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
    await Promise.all(members.map((member) => member.stop()));
    return [
      ["commit before", before],
      ["commit after it was given up", whileOut],
      ["where the other goes on with its partition", taken],
      ["what the other reads of its own one, in which nothing was committed", again],
      ["both again", assignmentsOf(members, [topic])],
      ["committed", await committed(cluster, group, topic)],
      ["commit after leaving", await outcome(() => dying.commit(topic, 1, 2))],
    ];
  },
};
