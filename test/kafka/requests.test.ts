import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../runtime/kafka/crc32c.js";
import type { Encoded, ProduceArguments } from "../../runtime/kafka/produce-request.js";
import { both, bytes, message, replacedKafkajs, require } from "./kafkajs-parts.js";

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

describe("what replaces kafkajs' requests", () => {
  replacedKafkajs();

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
});
