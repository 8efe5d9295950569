import type { ConsumerGroupJoinEvent, ConsumerRunConfig, EachBatchPayload } from "kafkajs";
import { describe, expect, it } from "vitest";
import type { InputRecord } from "../../processors/stage.js";
import { systemClock } from "../../runtime/clock.js";
import type { Environment, StageDefinition, StageLog } from "../../runtime/driver/environment.js";
import { StageRunner } from "../../runtime/driver/stage-runner.js";
import { markMoment } from "../../runtime/kafka/moment.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { fixedTopology } from "../support/fixed-topology.js";

const net = makeTestNetwork({ shards: 1 });
const TOPIC = "test.shard.votes";
const PARTITION = 0;
const SILENT: StageLog = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

/** A stage with one partition number whose group gives and takes it, and whose fetches the test makes. */
async function stageOf() {
  const listeners = new Map<string, (event: ConsumerGroupJoinEvent) => void>();
  const seeks: number[] = [];
  const taken: number[] = [];
  let take: ConsumerRunConfig["eachBatch"];
  const join = (partitions: number[]) =>
    listeners.get("joined")!({ payload: { memberAssignment: { [TOPIC]: partitions } } } as never);
  const consumer = {
    events: { GROUP_JOIN: "joined", CRASH: "crashed" },
    connect: async () => undefined,
    subscribe: async () => undefined,
    on: (name: string, listener: (event: ConsumerGroupJoinEvent) => void) =>
      void listeners.set(name, listener),
    async run(config: ConsumerRunConfig) {
      take = config.eachBatch;
      join([PARTITION]);
    },
    pause: () => undefined,
    resume: () => undefined,
    seek: ({ offset }: { offset: string }) => void seeks.push(Number(offset)),
    commitOffsets: async () => undefined,
    disconnect: async () => undefined,
  };
  const environment = {
    network: net.network,
    topology: fixedTopology(net.network.topology),
    kafka: { consumer: () => consumer },
    admin: {
      fetchOffsets: async () => [{ topic: TOPIC, partitions: [{ partition: PARTITION, offset: "3" }] }],
      fetchTopicOffsets: async () => [{ partition: PARTITION, offset: "99", low: "0", high: "99" }],
    },
    clock: systemClock,
    fetchPaceMs: () => 0,
    sessionTimeoutMs: 6_000,
    log: SILENT,
  } as unknown as Environment;
  const definition: StageDefinition = {
    name: "finalize",
    group: "finalize",
    inputs: ["shard.votes"],
    open: async () => ({
      task: {
        step(records: readonly InputRecord[]) {
          taken.push(...records.map(({ offset }) => offset));
          return { records: [] };
        },
      },
    }),
  };
  const runner = new StageRunner(definition, environment, () => undefined);
  await runner.start();
  const opened = () => expect.poll(() => runner.status()[0]?.status).toBe("running");
  await opened();
  /** A fetch's answer with records of these offsets, made now. */
  const fetched = (...offsets: number[]) => {
    const messages = offsets.map((offset) => ({
      offset: String(offset),
      timestamp: "0",
      key: null,
      value: null,
    }));
    const batch = {
      topic: TOPIC,
      partition: PARTITION,
      messages,
      offsetLag: () => "0",
    };
    markMoment(batch);
    return () =>
      take!({ batch, heartbeat: async () => undefined, isStale: () => false } as unknown as EachBatchPayload);
  };
  return { runner, join, opened, fetched, seeks, taken };
}

describe("a batch that waited while its partition went away and came back", () => {
  it("isn't taken by the new task, which reads the records between", async () => {
    const { runner, join, opened, fetched, seeks, taken } = await stageOf();
    await fetched(3, 4)();
    await expect.poll(() => taken).toEqual([3, 4]);
    const late = fetched(5, 6);
    join([]);
    expect(runner.status()).toEqual([]);
    join([PARTITION]);
    await opened();
    // The positions that were committed last: the new task begins there.
    expect(seeks.at(-1)).toBe(3);
    const seeksBefore = seeks.length;
    await late();
    expect(seeks.slice(seeksBefore)).toEqual([3]);
    await fetched(3, 4, 5)();
    await expect.poll(() => taken).toEqual([3, 4, 3, 4, 5]);
    await runner.stop();
  });

  it("is taken by the task that was there when it was fetched", async () => {
    const { runner, join, fetched, taken } = await stageOf();
    const waiting = fetched(3, 4);
    join([PARTITION]);
    await waiting();
    await expect.poll(() => taken).toEqual([3, 4]);
    await runner.stop();
  });
});
