import { NotifyTask } from "../../processors/notify/notify.js";
import { RelayTask } from "../../processors/relay/relay.js";
import { ShardAssignTask } from "../../processors/shard-assign/shard-assign.js";
import type { StageTask } from "../../processors/stage.js";
import { VoteTask } from "../../processors/vote/vote.js";
import { codec, fromWire, toWire } from "../../schemas/codec.js";
import { SCHEMAS } from "../../schemas/generated.js";
import { ASSIGNER_KEY, START_MS } from "../../simulator/world/network.js";
import { type TopicName, topic as topicOf } from "../../topics/catalogue.js";
import { makeChains } from "../chains.js";
import { type Chance, pick } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { net } from "../samples.js";
import { must, type Target } from "../target.js";

const { network } = net;
const { source: log } = makeChains();

const TOPICS = [
  "transactions.validated",
  "shard.messages",
  "shard.finalized",
  "shard.receipts",
  "transactions.rejected",
  "shard.log",
] as const satisfies readonly TopicName[];
type Read = (typeof TOPICS)[number];

/** Number of the topic in a byte, then the value in wire format. */
function frame(topic: Read, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(TOPICS.indexOf(topic)), value]);
}

const validated = [net.wallet(1), net.wallet(1, 1)].map((wallet) => {
  const entry = log.entryOf(wallet.pay(net.wallet(3), 5n, { nonce: 0 }), wallet.account);
  return toWire(1, codec("ValidatedTransaction").encode(entry));
});
const outputs = (["shard.messages", "shard.receipts"] as const).flatMap((topic) =>
  log.outputs(topic).map(({ value }) => frame(topic, value!)),
);
const pool = [
  ...validated.map((value) => frame("transactions.validated", value)),
  ...outputs,
  ...log.blocks.map((_, index) => frame("shard.finalized", log.certificateRecord(index + 1).value!)),
  ...log.records.map(({ value }) => frame("shard.log", value!)),
  frame("transactions.rejected", toWire(1, codec("RejectedTransaction").encode(rejectedSample()))),
];
const corpus = [joinFrames(pool), joinFrames([...pool].reverse())];
const values = new Map(
  TOPICS.map((topic) => [topic, new AvroValues(SCHEMAS[topicOf(topic).value] as Schema)] as const),
);

function rejectedSample() {
  const place = {
    sourceTopic: "test.transactions",
    sourcePartition: 0,
    sourceOffset: 1,
    submittedAt: START_MS,
  };
  return { code: "MALFORMED", detail: "", stage: "validate", ...place, transactionId: null, sender: null };
}

/** A record whose value is right Avro with another field somewhere. */
function changed(chance: Chance, old: Buffer): Buffer {
  const topic = TOPICS[(old[0] ?? 0) % TOPICS.length]!;
  const { decodeAny, encode } = codec(topicOf(topic).value);
  const wire = fromWire(old.subarray(1));
  const value = wire && decodeAny(wire.avroBytes);
  if (value === undefined || chance(3) === 0) return mutateBytes(chance, old, pool);
  return frame(topic, toWire(1, encode(values.get(topic)!.changed(value, chance) as never)));
}

function openTasks(): Readonly<Record<Read, readonly StageTask[]>> {
  const assign = new ShardAssignTask({
    network,
    topology: network.topology,
    assigner: ASSIGNER_KEY,
    partition: 0,
  });
  const relay = new RelayTask(network.topology);
  const notify = new NotifyTask();
  const keyPair = net.validatorKeys[0]!;
  const vote = new VoteTask({ ...log.options(), validator: 1, keyPair, ownVotes: new Map() });
  return {
    "transactions.validated": [assign],
    "shard.messages": [relay],
    "shard.finalized": [relay, notify],
    "shard.receipts": [notify],
    "transactions.rejected": [notify],
    "shard.log": [vote],
  };
}

/** Any records into shard-assign, relay, notify and vote: passed on, kept, or passed over with an alert. */
export const target: Target = {
  about: "records of our own topics, from anyone who may write to the broker",
  codes: new Set(["INPUT_CORRUPT", "TAKEN", "WRITTEN"]),
  corpus,
  next: (chance) =>
    chance(8) === 0
      ? mutateBytes(chance, pick(chance, corpus), corpus)
      : mutateFrames(chance, pick(chance, corpus), pool, (old) => changed(chance, old)),
  check(input) {
    const tasks = openTasks();
    return splitFrames(input).flatMap((bytes, offset) => {
      const topic = TOPICS[(bytes[0] ?? 0) % TOPICS.length]!;
      const timeMs = START_MS + offset;
      const record = { topic, partition: log.partition, offset, timeMs, key: null, value: bytes.subarray(1) };
      return tasks[topic].flatMap((task) => {
        const { records, alerts = [] } = task.step([record], timeMs);
        for (const { partition, value, topic: to } of records) {
          must(
            partition === undefined || network.topology.ofPartition(partition) !== undefined,
            "no such partition",
          );
          const written = value && codec(topicOf(to).value).decode(value);
          must(written !== undefined, `a ${topicOf(to).value} that isn't canonical was written`);
        }
        return alerts.length > 0 ? alerts.map(({ code }) => code) : records.length > 0 ? "WRITTEN" : "TAKEN";
      });
    });
  },
};
