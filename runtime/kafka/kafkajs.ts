import { createRequire } from "node:module";
import type { RetryOptions } from "kafkajs";
import { crc32c } from "./crc32c.js";
import { markMoment } from "./moment.js";
import { murmur2 } from "./murmur2.js";
import { type Encoded, encodeProduceBody, type ProduceArguments } from "./produce-request.js";
import { batchLength, COUNTED_FROM, type DecodedBatch, decodeRecordBatch } from "./record-batch.js";

/**
 * The only file that loads kafkajs. Before it does, internal functions of kafkajs 2.2.4 (pinned) are replaced that cost
 * more than all of our own work: how messages are grouped by partition (quadratic in kafkajs), how a produce request is
 * encoded, how a request gets its frame, how often coordinators are looked up, how fetched records are decoded and sifted, and
 * two hashes. Another one waits too long between tries. `test/kafka` compares them with the originals.
 */

const require = createRequire(import.meta.url);

type RequestOf<A> = (args: A) => { encode(): Promise<Encoded> };
interface GroupArguments<M, P> {
  readonly topic: string;
  readonly partitionMetadata: readonly P[];
  readonly messages: readonly M[];
  partitioner(args: { topic: string; partitionMetadata: readonly P[]; message: M }): number;
}
interface FrameArguments {
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly request: { apiKey: number; apiVersion: number; encode(): Promise<Encoded> };
}

const NO_COMPRESSION = 0;

replace<RequestOf<ProduceArguments>>("protocol/requests/produce/v3/request.js", (original) => (args) => {
  const isPlain =
    (args.compression ?? NO_COMPRESSION) === NO_COMPRESSION &&
    args.topicData.every(({ partitions }) =>
      partitions.every(({ messages }) => messages.every(({ headers, timestamp }) => !headers && !timestamp)),
    );
  const request = original(args);
  return isPlain
    ? { ...request, encode: async () => encoded(encodeProduceBody(args, Date.now(), crc32c)) }
    : request;
});

replace<(args: GroupArguments<unknown, unknown>) => Record<number, unknown[]>>(
  "producer/groupMessagesPerPartition.js",
  () =>
    ({ topic, partitionMetadata, messages, partitioner }) => {
      const groups: Record<number, unknown[]> = {};
      if (partitionMetadata.length === 0) return groups;
      for (const message of messages) {
        const partition = partitioner({ topic, partitionMetadata, message });
        const group = groups[partition];
        if (group) group.push(message);
        else groups[partition] = [message];
      }
      return groups;
    },
);

replace<(args: FrameArguments) => Promise<Encoded>>(
  "protocol/request.js",
  () =>
    async ({ correlationId, clientId, request }) => {
      const body = (await request.encode()).buffer;
      const name = Buffer.from(clientId ?? "");
      const size = 2 + 2 + 4 + 2 + name.length + body.length;
      const frame = Buffer.allocUnsafe(4 + size);
      let at = frame.writeInt32BE(size, 0);
      at = frame.writeInt16BE(request.apiKey, at);
      at = frame.writeInt16BE(request.apiVersion, at);
      at = frame.writeInt32BE(correlationId, at);
      at = frame.writeInt16BE(clientId === null ? -1 : name.length, at);
      at += name.copy(frame, at);
      body.copy(frame, at);
      return encoded(frame);
    },
);

replace<(key: Buffer | string) => number>("producer/partitioners/default/murmur2.js", () => murmur2);

interface FetchDecoder {
  readonly buffer: Buffer;
  offset: number;
}
replace<(decoder: FetchDecoder) => Promise<DecodedBatch>>(
  "protocol/recordBatch/v0/decoder.js",
  (original) => async (decoder) => {
    const { buffer, offset } = decoder;
    const end = offset + COUNTED_FROM + batchLength(buffer, offset);
    // The last batch of a reply may be cut off: kafkajs knows how to say so.
    const decoded = end <= buffer.length ? decodeRecordBatch(buffer, offset) : undefined;
    if (!decoded) return original(decoder);
    decoder.offset = end;
    return decoded;
  },
);

interface FetchedMessage {
  readonly offset: string;
  readonly isControlRecord: boolean;
}
interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly abortedTransactions?: readonly object[];
  readonly messages: FetchedMessage[];
}
type BatchClass = new (topic: string, fetchedOffset: string, data: FetchedPartition) => object;

replace<BatchClass>("consumer/batch.js", (Batch) => {
  const filterAborted = require("kafkajs/src/consumer/filterAbortedMessages.js") as (given: {
    messages: FetchedMessage[];
    abortedTransactions: readonly object[] | undefined;
  }) => FetchedMessage[];
  /** The same fields as kafkajs' constructor makes, without a BigInt for each message; all else is inherited from it. */
  class SiftedBatch {
    readonly fetchedOffset: string;
    readonly topic: string;
    readonly partition: number;
    readonly highWatermark: string;
    readonly rawMessages: FetchedMessage[];
    readonly messagesWithinOffset: FetchedMessage[];
    readonly messages: FetchedMessage[];
    constructor(topic: string, fetchedOffset: string, data: FetchedPartition) {
      markMoment(this);
      this.fetchedOffset = fetchedOffset;
      this.topic = topic;
      this.partition = data.partition;
      this.highWatermark = data.highWatermark;
      this.rawMessages = data.messages;
      const from = Number(fetchedOffset);
      this.messagesWithinOffset = data.messages.filter(({ offset }) => Number(offset) >= from);
      this.messages = filterAborted({
        messages: this.messagesWithinOffset,
        abortedTransactions: data.abortedTransactions,
      }).filter(({ isControlRecord }) => !isControlRecord);
    }
  }
  Object.setPrototypeOf(SiftedBatch.prototype, Batch.prototype as object);
  return SiftedBatch as unknown as BatchClass;
});

interface Coordinated {
  findGroupCoordinatorMetadata(args: { groupId: string; coordinatorType: number }): Promise<object>;
}
/**
 * How long a connection trusts in who coordinates a group or a transactional id, in milliseconds. kafkajs asks four times
 * for each transaction. After a failure the writers here start with a new connection, and so ask again.
 */
const COORDINATOR_MAX_AGE_MS = 2_000;

replace<{ prototype: Coordinated }>("cluster/index.js", (Cluster) => {
  const find = Cluster.prototype.findGroupCoordinatorMetadata;
  const known = new WeakMap<Coordinated, Map<string, { atMs: number; found: Promise<object> }>>();
  Cluster.prototype.findGroupCoordinatorMetadata = function (this: Coordinated, args) {
    const own = known.get(this) ?? new Map<string, { atMs: number; found: Promise<object> }>();
    known.set(this, own);
    const name = `${args.coordinatorType}/${args.groupId}`;
    const before = own.get(name);
    const nowMs = performance.now();
    if (before && nowMs - before.atMs < COORDINATOR_MAX_AGE_MS) return before.found;
    const found = find.call(this, args);
    own.set(name, { atMs: nowMs, found });
    found.catch((error: { name?: string; retriable?: boolean }) => {
      own.delete(name);
      // That no broker answered in time, as on a machine without time to spare, is no reason to end a consumer for good.
      if (error.name === "KafkaJSGroupCoordinatorNotFound") error.retriable = true;
    });
    return found;
  };
  return Cluster;
});

interface EosArguments {
  readonly cluster: { retry?: RetryOptions };
}
/**
 * How a producer asks again for its id while the broker still ends the transaction of whoever had it before, or has only just
 * started. kafkajs means to take the client's settings but looks for them where they aren't, and so falls back to waits that
 * begin at 300 ms and double to 5 s.
 */
const PRODUCER_ID_RETRY: RetryOptions = { initialRetryTime: 5, maxRetryTime: 250, retries: 40 };

replace<(args: EosArguments) => object>("producer/eosManager/index.js", (original) => (args) => {
  args.cluster.retry ??= PRODUCER_ID_RETRY;
  return original(args);
});

function encoded(bytes: Buffer): Encoded {
  return { buf: bytes, buffer: bytes, size: () => bytes.length };
}

/** Puts another function in the place of a module's export, for every module that asks for it from now on. */
function replace<F>(path: string, by: (original: F) => F): void {
  if (require.cache[require.resolve("kafkajs")])
    throw new Error("kafkajs was loaded before its replacements");
  const file = require.resolve(`kafkajs/src/${path}`);
  const original = require(file) as F;
  require.cache[file]!.exports = by(original);
}

export const {
  AssignerProtocol,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  KafkaJSProtocolError,
  logLevel,
  Partitioners,
} = require("kafkajs") as typeof import("kafkajs");
