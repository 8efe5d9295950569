import { describe, expect, it } from "vitest";
import type {
  CalibrationCluster,
  CalibrationScript,
  Observation,
} from "../../simulator/calibration/cluster.js";
import { Member } from "../../simulator/calibration/member.js";
import { outcome } from "../../simulator/calibration/outcome.js";
import {
  bounds,
  committed,
  plainProducer,
  transactionalProducer,
  untilEnd,
  write,
} from "../../simulator/calibration/records.js";
import { CALIBRATION_SCRIPTS } from "../../simulator/calibration/scripts.js";
import { runSimulated } from "../../simulator/calibration/simulated.js";

/** Runs steps on a simulated cluster and gives what they return. */
async function simulate<T>(steps: (cluster: CalibrationCluster) => Promise<T>, seed = 1): Promise<T> {
  let result: { value: T } | undefined;
  const script: CalibrationScript = {
    name: "unit test",
    async run(cluster): Promise<Observation[]> {
      result = { value: await steps(cluster) };
      return [];
    },
  };
  await runSimulated(script, seed);
  return result!.value;
}

// Each of these was otherwise in the simulated Kafka until test/broker/calibration.test.ts compared it with the real one.
describe("the simulated Kafka", () => {
  it("calls the last stable offset the high end of a partition", async () => {
    const seen = await simulate(async (cluster) => {
      const topic = await cluster.createTopic("a", 1);
      const producer = await transactionalProducer(cluster, "writer");
      const transaction = await producer.transaction();
      await write(transaction, topic, 0, ["open"]);
      const whileOpen = await bounds(cluster, topic);
      await transaction.commit();
      await untilEnd(cluster, topic, 0, 2);
      return [whileOpen, await bounds(cluster, topic)];
    });
    expect(seen).toEqual([[{ low: 0, high: 0, offset: 0 }], [{ low: 0, high: 2, offset: 2 }]]);
  });

  it.each(["send", "positions", "commit"])(
    "answers a fenced producer's %s with INVALID_PRODUCER_EPOCH",
    async (what) => {
      const seen = await simulate(async (cluster) => {
        const topic = await cluster.createTopic("a", 2);
        const old = await transactionalProducer(cluster, "writer");
        const transaction = await old.transaction();
        await write(transaction, topic, 0, ["old"]);
        const young = await transactionalProducer(cluster, "writer");
        await young.transaction();
        return outcome(() => {
          if (what === "send") return write(transaction, topic, 1, ["late"]);
          if (what === "commit") return transaction.commit();
          const topics = [{ topic, partitions: [{ partition: 0, offset: "1" }] }];
          return transaction.sendOffsets({ consumerGroupId: "group", topics });
        });
      });
      expect(seen).toBe("INVALID_PRODUCER_EPOCH");
    },
  );

  it("leaves a producer useless after an end that failed, as kafkajs does", async () => {
    const seen = await simulate(async (cluster) => {
      const topic = await cluster.createTopic("a", 1);
      const old = await transactionalProducer(cluster, "writer");
      const transaction = await old.transaction();
      const beside = await outcome(() => old.transaction());
      await write(transaction, topic, 0, ["old"]);
      const young = await transactionalProducer(cluster, "writer");
      await young.transaction();
      const commit = await outcome(() => transaction.commit());
      const abort = await outcome(() => transaction.abort());
      return { beside, commit, abort, again: await outcome(() => old.transaction()) };
    });
    expect(seen).toEqual({
      beside: "refused by the client",
      commit: "INVALID_PRODUCER_EPOCH",
      abort: "refused by the client",
      again: "refused by the client",
    });
  });

  it("lets nobody use a transaction that has ended", async () => {
    const seen = await simulate(async (cluster) => {
      const topic = await cluster.createTopic("a", 1);
      const producer = await transactionalProducer(cluster, "writer");
      const first = await producer.transaction();
      await first.commit();
      await producer.transaction();
      return outcome(() => write(first, topic, 0, ["late"]));
    });
    expect(seen).toBe("refused by the client");
  });

  it("keeps plain sends of a transactional producer out of its transactions", async () => {
    const seen = await simulate(async (cluster) => {
      const topic = await cluster.createTopic("a", 2);
      const producer = await transactionalProducer(cluster, "writer");
      await write(producer, topic, 0, ["before"]);
      const transaction = await producer.transaction();
      await write(transaction, topic, 1, ["aborted"]);
      await write(producer, topic, 0, ["beside"]);
      await transaction.abort();
      await untilEnd(cluster, topic, 1, 2);
      return bounds(cluster, topic);
    });
    expect(seen).toEqual([
      { low: 0, high: 2, offset: 2 },
      { low: 0, high: 2, offset: 2 },
    ]);
  });

  it("says nothing of records for a partition that isn't there", async () => {
    const seen = await simulate(async (cluster) => {
      const topic = await cluster.createTopic("a", 1);
      const producer = await plainProducer(cluster);
      const record = { key: null, value: null };
      return producer.sendBatch({
        topicMessages: [
          {
            topic,
            messages: [
              { ...record, partition: 1 },
              { ...record, partition: 0 },
            ],
          },
        ],
      });
    });
    expect(seen.map(({ partition }) => partition)).toEqual([0]);
  });

  it("commits -2 where a position is out of range, and reads from the beginning", async () => {
    const seen = await simulate(async (cluster) => {
      const topic = await cluster.createTopic("a", 1);
      await write(await plainProducer(cluster), topic, 0, ["a"]);
      const member = await Member.start(cluster, "group", [topic], {
        onAssigned: ({ consumer }) => consumer.seek({ topic, partition: 0, offset: "7" }),
      });
      await member.untilRead(topic, 0, 1);
      return [member.readOf(topic, 0), await committed(cluster, "group", topic)];
    });
    expect(seen).toEqual([[[0, "a"]], [-2]]);
  });

  it("takes no commands for a consumer that doesn't run", async () => {
    const seen = await simulate(async (cluster) => {
      const topic = await cluster.createTopic("a", 1);
      const member = new Member(cluster, "group", [topic]);
      const attempts = () =>
        Promise.all([
          outcome(() => member.commit(topic, 0, 1)),
          outcome(async () => member.consumer.seek({ topic, partition: 0, offset: "0" })),
          outcome(async () => member.consumer.pause([{ topic, partitions: [0] }])),
        ]);
      const before = await attempts();
      await member.run();
      const running = await attempts();
      await member.stop();
      return [before, running, await attempts()];
    });
    const refused = Array(3).fill("refused by the client");
    expect(seen).toEqual([refused, ["done", "done", "done"], refused]);
  });

  it("commits for the generation that has assigned, not for the one that is joined", async () => {
    const script = CALIBRATION_SCRIPTS.find(({ name }) => name === "commits between generations")!;
    expect(await runSimulated(script, 1)).toContainEqual([
      "by the leader that has joined and not yet assigned",
      ["ILLEGAL_GENERATION"],
    ]);
  });

  it("joins again only when all that was fetched is handled", async () => {
    const script = CALIBRATION_SCRIPTS.find(({ name }) => name === "a member that is busy")!;
    const seen = await runSimulated(script, 1);
    expect(seen).toContainEqual(["joins of the busy one when the other has got its partitions", 1]);
    expect(seen).toContainEqual(["partitions of the other", [[[0, 1]]]]);
  });

  it("crashes when too much went wrong, and begins anew with nothing paused", async () => {
    const script = CALIBRATION_SCRIPTS.find(({ name }) => name === "a member that crashes")!;
    const seen = await runSimulated(script, 1);
    expect(seen).toContainEqual(["failures until it crashed", 4]);
    expect(seen).toContainEqual([
      "pausing and seeking then",
      ["refused by the client", "refused by the client"],
    ]);
    expect(seen).toContainEqual(["what was paused before", [[0, "b"]]]);
  });

  it.each(CALIBRATION_SCRIPTS)("shows the same whatever the seed: $name", async (script) => {
    const first = await runSimulated(script, 1);
    for (let seed = 2; seed <= 12; seed++) expect(await runSimulated(script, seed)).toEqual(first);
  });
});
