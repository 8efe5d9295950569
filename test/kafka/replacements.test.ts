import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AssignerProtocol } from "../../runtime/kafka/kafkajs.js";
import type { Encoded, ProduceArguments } from "../../runtime/kafka/produce-request.js";

const require = createRequire(import.meta.url);
const NOW_MS = 1_795_377_860_574;

/** A module of kafkajs as it is used now, and as kafkajs has it. */
function both<F>(path: string): { ours: F; theirs: F } {
  const file = require.resolve(`kafkajs/src/${path}`);
  const replaced = require.cache[file]!;
  const ours = require(file) as F;
  delete require.cache[file];
  const theirs = require(file) as F;
  require.cache[file] = replaced;
  expect(ours).not.toBe(theirs);
  return { ours, theirs };
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((content) => Buffer.from(content));
const content = fc.oneof(
  { weight: 6, arbitrary: bytes(300) },
  { weight: 1, arbitrary: bytes(20_000) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 100 }) },
);
const message = fc.record({ key: content, value: content });
const topicData = fc.array(
  fc.record({
    topic: fc.string({ maxLength: 40 }),
    partitions: fc.array(
      fc.record({
        partition: fc.nat(),
        firstSequence: fc.nat(),
        messages: fc.array(message, { minLength: 1, maxLength: 150 }),
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 3 },
);

describe("what replaces parts of kafkajs", () => {
  beforeAll(() => {
    expect(AssignerProtocol).toBeDefined();
    vi.useFakeTimers({ now: NOW_MS, toFake: ["Date", "performance"] });
  });
  afterAll(() => vi.useRealTimers());

  it("encodes produce requests to the same bytes", async () => {
    type Request = (args: ProduceArguments) => { apiVersion: number; encode(): Promise<Encoded> };
    const { ours, theirs } = both<Request>("protocol/requests/produce/v3/request.js");
    const transactional = fc.oneof(
      fc.constant(null),
      fc.constant(undefined),
      fc.string({ minLength: 1, maxLength: 60 }),
    );
    await fc.assert(
      fc.asyncProperty(
        topicData,
        transactional,
        fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }),
        fc.integer({ min: -1, max: 0x7fff }),
        async (data, transactionalId, producerId, producerEpoch) => {
          const args = {
            acks: -1,
            timeout: 30_000,
            ...(transactionalId !== undefined && { transactionalId }),
            producerId: String(producerId),
            producerEpoch,
            topicData: data,
          } as ProduceArguments;
          const [left, right] = [ours(args), theirs(args)];
          expect(left.apiVersion).toBe(right.apiVersion);
          const [mine, other] = [(await left.encode()).buffer, (await right.encode()).buffer];
          expect(mine.equals(other)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("leaves headers, times and compression to kafkajs", async () => {
    type Request = (args: object) => { encode(): Promise<Encoded> };
    const { ours, theirs } = both<Request>("protocol/requests/produce/v3/request.js");
    const value = Buffer.from("v");
    for (const [compression, special] of [
      [0, { headers: { name: "content" } }],
      [0, { timestamp: "1700000000000" }],
      [1, {}],
    ] as const) {
      const messages = [
        { key: null, value },
        { key: null, value, ...special },
      ];
      const args = {
        acks: -1,
        timeout: 1,
        compression,
        topicData: [{ topic: "t", partitions: [{ partition: 0, messages }] }],
      };
      expect((await ours(args).encode()).buffer).toEqual((await theirs(args).encode()).buffer);
    }
  });

  it("groups messages by partition in the same way", () => {
    type Group = (args: object) => Record<string, unknown[]>;
    const { ours, theirs } = both<Group>("producer/groupMessagesPerPartition.js");
    fc.assert(
      fc.property(fc.array(fc.nat(7)), fc.nat(1), (messages, partitions) => {
        const args = {
          topic: "t",
          partitionMetadata: new Array(partitions),
          messages,
          partitioner: (to: { message: number }) => to.message,
        };
        expect(ours(args)).toEqual(theirs(args));
      }),
    );
  });

  it("frames requests in the same way", async () => {
    type Frame = (args: object) => Promise<Encoded>;
    const { ours, theirs } = both<Frame>("protocol/request.js");
    await fc.assert(
      fc.asyncProperty(
        bytes(2_000),
        fc.nat(),
        fc.option(fc.string({ unit: "binary" })),
        async (body, correlationId, clientId) => {
          const request = { apiKey: 0, apiVersion: 7, encode: async () => ({ buf: body, buffer: body }) };
          const args = { correlationId, clientId, request };
          const [left, right] = [await ours(args), await theirs(args)];
          expect(left.buffer).toEqual(right.buffer);
          expect(left.size()).toBe(left.buffer.length);
        },
      ),
    );
  });

  it("asks once for a coordinator, again when it was not found, and not for ever", async () => {
    const Cluster = require("kafkajs/src/cluster/index.js") as {
      prototype: { findGroupCoordinatorMetadata(args: object): Promise<object> };
    };
    let asked = 0;
    let fails = true;
    // What the original calls, with nothing behind it.
    const cluster = Object.assign(Object.create(Cluster.prototype), {
      brokerPool: {
        withBroker: async () => {
          asked++;
          if (fails) throw new Error("nobody there");
          return { coordinator: { nodeId: 1 } };
        },
      },
    }) as typeof Cluster.prototype;
    const ask = (groupId: string) => cluster.findGroupCoordinatorMetadata({ groupId, coordinatorType: 1 });
    await expect(ask("a")).rejects.toThrow("nobody there");
    fails = false;
    await ask("a");
    await ask("a");
    expect(asked).toBe(2);
    await ask("b");
    expect(asked).toBe(3);
    vi.advanceTimersByTime(2_001);
    await ask("a");
    expect(asked).toBe(4);
  });

  it("asks soon again for a producer id while the transaction of the one before is being ended", async () => {
    const createManager = require("kafkajs/src/producer/eosManager/index.js") as (args: object) => {
      initProducerId(): Promise<void>;
      getProducerId(): string;
    };
    let asked = 0;
    const waits: number[] = [];
    const coordinator = {
      initProducerId: async () => {
        if (++asked < 4) throw Object.assign(new Error("not yet"), { type: "CONCURRENT_TRANSACTIONS" });
        return { producerId: "17", producerEpoch: 0 };
      },
    };
    const manager = createManager({
      logger: {
        debug: (_text: string, details?: { retryTime?: number }) => {
          if (details?.retryTime !== undefined) waits.push(details.retryTime);
        },
      },
      cluster: {
        refreshMetadataIfNecessary: async () => undefined,
        findGroupCoordinator: async () => coordinator,
      },
      transactional: true,
      transactionalId: "a",
    });
    await manager.initProducerId();
    expect(manager.getProducerId()).toBe("17");
    expect(waits).toHaveLength(3);
    // kafkajs alone would wait at least 240 ms before the second time, and ever longer.
    expect(Math.max(...waits)).toBeLessThan(100);
  });
});
