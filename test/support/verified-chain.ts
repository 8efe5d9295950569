import { expect } from "vitest";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { ChainReport, Difference, DifferenceCode } from "../../processors/verify/difference.js";
import { verifyChain } from "../../processors/verify/verify-chain.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { RecordTypes } from "../../schemas/generated.js";
import { seeded } from "../../simulator/kernel/random.js";
import { makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { MemorySource } from "./chain-source.js";
import { Pipeline } from "./pipeline.js";

/** Heights are settled within twice this; more blocks than that are made. */
export const UNFINALISED_MAX = 3;
/** Where tests tamper. */
export const SHARD = 2;
export const HEIGHT = 2;

export const parameters = { maximumEntriesPerBlock: 3, unfinalisedBlocksMax: UNFINALISED_MAX };

/** A quiet network with transfers within and across shards, some refused. */
export function quiet(options: ConstructorParameters<typeof Pipeline>[1] = {}, amount = ONE): Pipeline {
  const net = makeTestNetwork({ parameters });
  const pipeline = new Pipeline(net, options);
  const chance = seeded(11);
  for (let count = 0; count < 160; count++) {
    const from = net.wallets[chance(net.wallets.length)]!;
    const to = net.wallets[chance(net.wallets.length)]!;
    const nonce = chance(9) === 0 ? { nonce: from.nonce + 5 } : {};
    pipeline.pay(from, to, amount, { gasPrice: BigInt(chance(3)), ...nonce });
  }
  pipeline.runUntilQuiet();
  return pipeline;
}

/** Nothing is wrong with this one. Tests alter copies of its topics. */
export const sound = quiet();
export const { network } = sound.net;
export const { partition } = network.topology.shard(SHARD);

export async function verify(source: MemorySource): Promise<ChainReport> {
  const report = await verifyChain(network, source);
  if ("code" in report) throw new Error(report.code);
  return report;
}

export async function differenceIn(source: MemorySource): Promise<Difference | null> {
  return (await verify(source)).firstDifference;
}

/** Replaces the value of the first records (at most so many) that `change` gives another for; there must be one. */
export function alter<K extends keyof RecordTypes>(
  source: MemorySource,
  topic: TopicName,
  type: K,
  change: (value: RecordTypes[K]) => RecordTypes[K] | undefined,
  most = 1,
): void {
  let left = most;
  const records = source.records(topic, partition);
  records.forEach((record, index) => {
    const value = left > 0 ? read(type, record) : undefined;
    const changed = value && change(value);
    if (!changed) return;
    left--;
    records[index] = { ...record, value: wire(topic, codec(type).encode(changed)) };
  });
  expect(left, `records of ${topic} that were altered`).toBeLessThan(most);
}

export function wire(topic: TopicName, bytes: Buffer): Buffer {
  return toWire(SCHEMA_IDS.get(topic)!, bytes);
}

export function remove(
  source: MemorySource,
  topic: TopicName,
  isGone: (record: InputRecord) => boolean,
): void {
  const records = source.records(topic, partition);
  const kept = records.filter((record) => !isGone(record));
  expect(kept.length).toBeLessThan(records.length);
  records.splice(0, records.length, ...kept);
}

export function expectDifference(found: Difference | null, code: DifferenceCode, height = HEIGHT): void {
  expect(found).toMatchObject({ code, shard: SHARD, height });
}

/** Height that a record of a topic by height is about. */
export function heightOf(record: InputRecord): number {
  switch (record.topic) {
    case "shard.receipts":
      return read("Receipt", record)!.height;
    case "shard.votes":
      return read("Vote", record)!.header.height;
    default:
      return Number(record.key!.readBigUInt64BE());
  }
}

export const flipped = (bytes: Buffer) => Buffer.concat([Buffer.of(bytes[0]! ^ 1), bytes.subarray(1)]);
