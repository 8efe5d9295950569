import type { ConsumerGroupJoinEvent } from "kafkajs";
import { describe, expect, it } from "vitest";
import type { StageTask } from "../../processors/stage.js";
import { systemClock } from "../../runtime/clock.js";
import type {
  Environment,
  StageDefinition,
  StageDriver,
  StageLog,
} from "../../runtime/driver/environment.js";
import { StageRunner } from "../../runtime/driver/stage-runner.js";
import { inputBounds, StartOffsetError, startOffsets } from "../../runtime/driver/start-offsets.js";
import type { GroupConsumer } from "../../runtime/kafka/ports.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import type { TopicName } from "../../topics/catalogue.js";
import { fixedTopology } from "../support/fixed-topology.js";

const net = makeTestNetwork({ shards: 1 });
const PARTITION = 0;
const SILENT: StageLog = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

/** A group member that is given one partition number and fetches nothing; tells where it was sent. */
function memberOf(seeks: string[]): GroupConsumer {
  let joined: ((event: ConsumerGroupJoinEvent) => void) | undefined;
  const member = {
    events: { GROUP_JOIN: "joined", CRASH: "crashed" },
    connect: async () => undefined,
    subscribe: async () => undefined,
    on(name: string, listener: typeof joined) {
      if (name === "joined") joined = listener;
      return () => undefined;
    },
    async run() {
      const memberAssignment = { "test.shard.votes": [PARTITION], "test.shard.changes": [PARTITION] };
      joined?.({ payload: { memberAssignment } } as unknown as ConsumerGroupJoinEvent);
    },
    pause: () => undefined,
    resume: () => undefined,
    seek: ({ topic, offset }: { topic: string; offset: string }) => void seeks.push(`${topic}@${offset}`),
    commitOffsets: async () => undefined,
    disconnect: async () => undefined,
  };
  return member as unknown as GroupConsumer;
}

describe("where a task starts", () => {
  it("is where the group was before the task read what it wrote itself, whatever is committed meanwhile", async () => {
    const seeks: string[] = [];
    let committed = 3;
    const environment = {
      network: net.network,
      topology: fixedTopology(net.network.topology),
      kafka: { consumer: () => memberOf(seeks) },
      admin: {
        fetchOffsets: async ({ topics }: { topics: string[] }) =>
          topics.map((topic) => ({
            topic,
            partitions: [
              { partition: PARTITION, offset: topic.endsWith("votes") ? String(committed) : "-1" },
            ],
          })),
        fetchTopicOffsets: async () => [{ partition: PARTITION, offset: "9", low: "1", high: "9" }],
      },
      clock: systemClock,
      fetchPaceMs: () => 25,
      sessionTimeoutMs: 6_000,
      log: SILENT,
    } as unknown as Environment;
    const definition: StageDefinition = {
      name: "finalize",
      group: "finalize",
      inputs: ["shard.votes", "shard.changes"],
      async open() {
        // Another member, which this process has not heard of, goes on while this one reads.
        committed = 7;
        return { task: { step: () => ({ records: [] }) } };
      },
    };
    const runner = new StageRunner(definition, environment, () => undefined);
    await runner.start();
    await expect.poll(() => runner.status()[0]?.status).toBe("running");
    await runner.stop();
    // Where nothing is committed: at the first record that there is.
    expect(seeks).toEqual(["test.shard.votes@3", "test.shard.changes@1"]);
  });

  const driver = (asked: string[], high: number) =>
    ({
      definition: { inputs: ["shard.votes", "shard.changes"] },
      environment: {
        network: net.network,
        admin: {
          async fetchTopicOffsets(topic: string) {
            asked.push(topic);
            return [{ partition: PARTITION, offset: String(high), low: "1", high: String(high) }];
          },
        },
      },
    }) as unknown as StageDriver;
  const taskAt = (offset: number) =>
    ({ startAt: new Map<TopicName, number>([["shard.votes", offset]]) }) as unknown as StageTask;

  it("asks the broker again only where what it had before doesn't do", async () => {
    const asked: string[] = [];
    const bounds = await inputBounds(PARTITION, driver(asked, 9));
    const starts = (offset: number, high: number) =>
      startOffsets(PARTITION, taskAt(offset), new Map(), bounds, driver(asked, high));
    expect(await starts(9, 9)).toEqual(
      new Map([
        ["shard.votes", 9],
        ["shard.changes", 1],
      ]),
    );
    expect(asked).toHaveLength(2);
    expect((await starts(12, 12)).get("shard.votes")).toBe(12);
    expect(asked).toHaveLength(4);
    await expect(starts(13, 12)).rejects.toThrow(StartOffsetError);
  });
});
