import type { Kafka } from "kafkajs";
import { describe, expect, it } from "vitest";
import { OffsetOutOfRange, PartitionReader } from "../../runtime/kafka/partition-reader.js";

/** kafkajs' errors of the protocol, by code. */
const OUT_OF_RANGE = 1;
const NOT_LEADER = 6;
const MESSAGE_TOO_LARGE = 10;

const EMPTY = {
  partition: 0,
  errorCode: 0,
  highWatermark: "7",
  lastStableOffset: "7",
  abortedTransactions: [],
  messages: [],
};

/**
 * A kafkajs whose fetches fail with these codes, one after the other, and then find nothing at the end.
 * @param unknownUntil refreshes of the metadata until it has the partition
 */
function failing(codes: number[], unknownUntil = 0): { kafka: Kafka; refreshes(): number } {
  let refreshes = 0;
  const broker = {
    async fetch() {
      const code = codes.shift();
      // As kafkajs' parser does: the answer's code never gets here as data.
      if (code !== undefined) throw Object.assign(new Error(`code ${code}`), { code });
      return { responses: [{ topicName: "topic", partitions: [EMPTY] }] };
    },
  };
  const cluster = {
    connect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    // As kafkajs does: a partition that it doesn't know is left out.
    findLeaderForPartitions: () => (refreshes < unknownUntil ? {} : { 1: [0] }),
    findBroker: async () => broker,
    refreshMetadata: async () => {
      refreshes++;
    },
  };
  const kafka = { [Symbol("private:Kafka:createCluster")]: () => cluster } as unknown as Kafka;
  return { kafka, refreshes: () => refreshes };
}

/** A kafkajs whose broker is away at first. */
function awayAtFirst(): Kafka {
  const { kafka } = failing([]);
  const symbol = Object.getOwnPropertySymbols(kafka)[0]!;
  const cluster = (kafka as unknown as Record<symbol, () => { connect(): Promise<void> }>)[symbol]!();
  let attempts = 0;
  cluster.connect = async () => {
    if (attempts++ === 0) throw new Error("nobody answers");
  };
  return kafka;
}

function read(kafka: Kafka): Promise<object> {
  return new PartitionReader(kafka).fetch("shard.log", "topic", 0, 7);
}

describe("reading a partition without a group", () => {
  it("looks for the leader again when it has moved", async () => {
    const { kafka, refreshes } = failing([NOT_LEADER, NOT_LEADER]);
    expect(await read(kafka)).toEqual({ records: [], next: 7, end: 7 });
    expect(refreshes()).toBe(2);
  });

  it("finds a partition that was made after it last looked at the cluster", async () => {
    const { kafka, refreshes } = failing([], 2);
    expect(await read(kafka)).toEqual({ records: [], next: 7, end: 7 });
    expect(refreshes()).toBe(2);
    await expect(read(failing([], 20).kafka)).rejects.toThrow("topic[0] has no leader");
  });

  it("connects anew after a failure", async () => {
    const reader = new PartitionReader(awayAtFirst());
    await expect(reader.fetch("shard.log", "topic", 0, 7)).rejects.toThrow("nobody answers");
    expect(await reader.fetch("shard.log", "topic", 0, 7)).toEqual({ records: [], next: 7, end: 7 });
  });

  it("gives up when that doesn't help", async () => {
    const { kafka } = failing(Array(20).fill(NOT_LEADER));
    await expect(read(kafka)).rejects.toThrow(`code ${NOT_LEADER}`);
  });

  it("says that an offset is out of range", async () => {
    await expect(read(failing([OUT_OF_RANGE]).kafka)).rejects.toThrow(OffsetOutOfRange);
  });

  it("passes other errors on at once", async () => {
    const { kafka, refreshes } = failing([MESSAGE_TOO_LARGE]);
    await expect(read(kafka)).rejects.toThrow(`code ${MESSAGE_TOO_LARGE}`);
    expect(refreshes()).toBe(0);
  });
});
