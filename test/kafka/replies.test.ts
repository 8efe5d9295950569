import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../runtime/kafka/crc32c.js";
import { type Encoded, encodeProduceBody } from "../../runtime/kafka/produce-request.js";
import { both, message, NOW_MS, replacedKafkajs, require } from "./kafkajs-parts.js";

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

describe("what replaces kafkajs' reading of replies", () => {
  replacedKafkajs();

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
});
