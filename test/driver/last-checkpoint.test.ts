import { expect, it } from "vitest";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import type { InputRecord } from "../../processors/stage.js";
import type { Environment } from "../../runtime/driver/environment.js";
import { lastCheckpoint } from "../../runtime/stages/last-checkpoint.js";
import { codec } from "../../schemas/codec.js";
import type { Checkpoint } from "../../schemas/generated.js";
import { makeTestNetwork, START_MS } from "../../simulator/world/network.js";
import { signaturesOf } from "../support/shard-log.js";

const net = makeTestNetwork();
const SHARD = 1;
const { partition } = net.network.topology.shard(SHARD);

function certificate(height: number, change: Partial<Checkpoint> = {}, signers = [1, 2, 3]): Buffer {
  const { prefix } = net.network.topology.shard(SHARD);
  const digest = Buffer.alloc(32, 3);
  const common = { genesis: net.network.hash, shard: SHARD, block: digest, time: START_MS, epoch: 0 };
  const checkpoint = { ...common, prefix, stateRoot: digest, height, ...change };
  const signatures = signaturesOf(net, checkpointDigest(checkpoint), signers);
  return codec("CheckpointCertificate").encode({ checkpoint, signatures });
}

/** An environment whose topic has these values. */
function environmentWith(values: readonly Buffer[]): Environment {
  const records = values.map(
    (value, offset): InputRecord => ({
      topic: "shard.checkpoints",
      partition,
      offset,
      timeMs: START_MS,
      key: null,
      value: Buffer.concat([Buffer.of(0, 0, 0, 0, 1), value]),
    }),
  );
  const bounds = { partition, low: "0", high: String(values.length), offset: String(values.length) };
  return {
    network: net.network,
    admin: { fetchTopicOffsets: async () => [bounds] },
    reader: {
      fetch: async (_: string, __: string, ___: number, from: number) => ({
        records: records.slice(from),
        next: values.length,
        end: values.length,
      }),
    },
  } as unknown as Environment;
}

it("is the highest that validators certified, whatever others wrote behind it", async () => {
  const forged = [
    certificate(1_000_000, {}, [1, 2]),
    certificate(1_000_001, { shard: 2 }),
    certificate(1_000_002, { genesis: Buffer.alloc(32) }),
    Buffer.from("noise"),
  ];
  const environment = environmentWith([certificate(5), certificate(9), ...forged]);
  expect(await lastCheckpoint(environment, partition)).toBe(9);
});

it("is 0 before the first", async () => {
  expect(await lastCheckpoint(environmentWith([]), partition)).toBe(0);
  expect(await lastCheckpoint(environmentWith([certificate(7, {}, [4])]), partition)).toBe(0);
});
