import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { crc32c } from "../../runtime/kafka/crc32c.js";
import { AssignerProtocol } from "../../runtime/kafka/kafkajs.js";
import {
  type Encoded,
  encodeProduceBody,
  type ProduceArguments,
} from "../../runtime/kafka/produce-request.js";

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

interface BatchGiven {
  readonly messages: readonly { key: Buffer | string | null; value: Buffer | string | null }[];
  readonly firstOffset: number;
  readonly attributes: number;
  readonly producerId: bigint;
  readonly maxTimestamp: number;
}

/** A batch as a broker would keep it: what a producer sends, with offset, kind and times of the broker's. */
function batchBytes({ messages, firstOffset, attributes, producerId, maxTimestamp }: BatchGiven): Buffer {
  const request = encodeProduceBody(
    {
      acks: -1,
      timeout: 0,
      producerId: String(producerId),
      topicData: [{ topic: "", partitions: [{ partition: 0, messages }] }],
    },
    NOW_MS,
    crc32c,
  );
  // In front of it: transactional id, acks, time-out, topics, name, partitions, partition, size.
  const batch = Buffer.from(request.subarray(2 + 2 + 4 + 4 + 2 + 4 + 4 + 4));
  batch.writeBigInt64BE(BigInt(firstOffset), 0);
  batch.writeInt16BE(attributes, 21);
  batch.writeBigInt64BE(BigInt(maxTimestamp), 35);
  return batch;
}

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

  it("hashes keys and record batches in the same way", () => {
    type Murmur = (key: Buffer | string) => number;
    const { ours, theirs } = both<Murmur>("producer/partitioners/default/murmur2.js");
    const theirCrc = require("kafkajs/src/protocol/recordBatch/crc32C/index.js") as (of: Buffer) => number;
    const key = fc.oneof(bytes(40), fc.string({ unit: "binary", maxLength: 20 }));
    fc.assert(
      fc.property(key, (given) => {
        expect(ours(given)).toBe(theirs(given));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(bytes(300), (given) => {
        expect(crc32c(given)).toBe(theirCrc(given));
      }),
    );
    // RFC 3720, appendix B.4: 32 bytes of zeros, and of ones.
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  });

  const batches = fc.array(
    fc.record({
      messages: fc.array(message, { minLength: 1, maxLength: 20 }),
      firstOffset: fc.oneof(fc.nat(1_000), fc.nat({ max: 2 ** 50 })),
      attributes: fc.constantFrom(0, 0x08, 0x10, 0x18, 0x30, 0x38),
      producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
      maxTimestamp: fc.nat({ max: 2 ** 42 }),
    }),
    { maxLength: 4 },
  );

  it("decodes fetched record batches in the same way, cut off or not", async () => {
    type Decode = (decoder: object) => Promise<object>;
    const Decoder = require("kafkajs/src/protocol/decoder.js") as new (of: Buffer) => { offset: number };
    const { ours, theirs } = both<Decode>("protocol/recordBatch/v0/decoder.js");
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(40), async (given, cutOff) => {
        const whole = Buffer.concat(given.map(batchBytes));
        const reply = whole.subarray(0, Math.max(0, whole.length - cutOff));
        const [left, right] = [new Decoder(reply), new Decoder(reply)];
        while (left.offset + 61 < reply.length) {
          const [mine, other] = await Promise.allSettled([ours(left), theirs(right)]);
          expect(mine).toEqual(other);
          expect(left.offset).toBe(right.offset);
          if (mine.status === "rejected") return;
        }
      }),
      { numRuns: 150 },
    );
  });

  it("leaves batches with headers to kafkajs", async () => {
    type Decode = (decoder: object) => Promise<{ records: { headers: object }[] }>;
    const Decoder = require("kafkajs/src/protocol/decoder.js") as new (of: Buffer) => object;
    const { ours } = both<Decode>("protocol/recordBatch/v0/decoder.js");
    const RecordBatch = require("kafkajs/src/protocol/recordBatch/v0/index.js") as {
      RecordBatch(of: object): Promise<Encoded>;
    };
    const Record = require("kafkajs/src/protocol/recordBatch/record/v0/index.js") as (of: object) => object;
    const records = [Record({ value: "v", timestamp: NOW_MS, headers: { name: "content" } })];
    const { buffer } = await RecordBatch.RecordBatch({
      firstTimestamp: NOW_MS,
      maxTimestamp: NOW_MS,
      records,
    });
    const decoded = await ours(new Decoder(buffer));
    expect(decoded.records[0]!.headers).toEqual({ name: Buffer.from("content") });
  });

  it("sifts a fetched partition in the same way: offsets before the fetch, aborted ones, control records", () => {
    type BatchClass = new (
      topic: string,
      fetchedOffset: string,
      data: object,
    ) => Record<"firstOffset" | "lastOffset" | "offsetLag" | "offsetLagLow", () => string | null> &
      Record<
        "isEmpty" | "isEmptyIncludingFiltered" | "isEmptyDueToFiltering" | "isEmptyControlRecord",
        () => boolean
      > & { isEmptyDueToLogCompactedMessages(): boolean };
    const { ours, theirs } = both<BatchClass>("consumer/batch.js");
    const given = fc.array(
      fc.record({
        key: fc.constantFrom(null, Buffer.from([0, 0, 0, 0]), Buffer.from([0, 0, 0, 1]), Buffer.from("k")),
        isControlRecord: fc.boolean(),
        producerId: fc.constantFrom("1", "2", "-1"),
        inTransaction: fc.boolean(),
        gap: fc.nat(2),
      }),
      { maxLength: 30 },
    );
    const aborted = fc.array(fc.record({ producerId: fc.constantFrom("1", "2"), firstOffset: fc.nat(40) }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(given, aborted, fc.nat(40), (records, abortions, fetchedOffset) => {
        let offset = 0;
        const messages = records.map(({ key, isControlRecord, producerId, inTransaction, gap }) => {
          offset += 1 + gap;
          return {
            key,
            isControlRecord,
            offset: String(offset),
            batchContext: { producerId, inTransaction },
          };
        });
        const data = {
          partition: 1,
          highWatermark: "50",
          messages,
          abortedTransactions: abortions
            .sort((a, b) => a.firstOffset - b.firstOffset)
            .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: String(firstOffset) })),
        };
        const [mine, other] = [
          new ours("t", String(fetchedOffset), data),
          new theirs("t", String(fetchedOffset), data),
        ];
        expect({ ...mine }).toEqual({ ...other });
        const asked = (batch: typeof mine) => [
          batch.isEmpty(),
          batch.isEmptyIncludingFiltered(),
          batch.isEmptyDueToFiltering(),
          batch.isEmptyControlRecord(),
          batch.isEmptyDueToLogCompactedMessages(),
          batch.firstOffset(),
          batch.lastOffset(),
          batch.offsetLag(),
          batch.offsetLagLow(),
        ];
        expect(asked(mine)).toEqual(asked(other));
      }),
      { numRuns: 500 },
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
