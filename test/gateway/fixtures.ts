import type { FastifyInstance } from "fastify";
import type { GatewayOptions, Publication } from "../../gateway/options.js";
import { buildGateway } from "../../gateway/server.js";
import type { GatewayTopic, ViewRecord } from "../../gateway/views/feed.js";
import { createViews, type ViewLimits, type Views } from "../../gateway/views/index.js";
import { DEFAULT_PARAMETERS } from "../../ledger/genesis/genesis.js";
import { initialShards } from "../../ledger/topology.js";
import { codec, toWire } from "../../schemas/codec.js";
import type {
  BlockHeader,
  FinalityCertificate,
  GenesisShard,
  Notification,
  RecordTypes,
  RejectedTransaction,
  ShardTopology,
  StateRecord,
} from "../../schemas/generated.js";

/** Time of all fixtures, in milliseconds since 1970. */
export const NOW_MS = 1_700_000_000_000;

/** 32 bytes of one value. */
export const hash = (byte: number): Buffer => Buffer.alloc(32, byte);
/** 20 bytes of one value. */
export const accountId = (byte: number): Buffer => Buffer.alloc(20, byte);

export function notification(fields: Partial<Notification> = {}): Notification {
  return {
    account: accountId(1),
    event: "FINAL",
    applied: true,
    code: "",
    transactionId: hash(1),
    crossShard: false,
    shard: 2,
    height: 7,
    sourcePartition: 0,
    sourceOffset: 10,
    submittedAt: NOW_MS - 1_000,
    at: NOW_MS,
    ...fields,
  };
}

/** A settlement: it names no submission. */
export function settlement(fields: Partial<Notification> = {}): Notification {
  return notification({
    event: "COMPLETED",
    height: 9,
    sourcePartition: -1,
    sourceOffset: -1,
    submittedAt: 0,
    ...fields,
  });
}

export function rejected(fields: Partial<RejectedTransaction> = {}): RejectedTransaction {
  return {
    code: "BAD_SIGNATURE",
    detail: "it does not hold",
    stage: "validate",
    sourceTopic: "test.transactions",
    sourcePartition: 0,
    sourceOffset: 10,
    submittedAt: NOW_MS - 1_000,
    transactionId: hash(1),
    sender: null,
    ...fields,
  };
}

export function certificate(fields: Partial<BlockHeader> = {}, digest = hash(9)): FinalityCertificate {
  const header: BlockHeader = {
    genesis: hash(3),
    shard: 2,
    height: 7,
    parent: hash(4),
    firstSequence: 1,
    lastSequence: 5,
    time: NOW_MS - 200,
    epoch: 0,
    entriesRoot: hash(5),
    receiptsRoot: hash(6),
    changesRoot: hash(7),
    messagesRoot: hash(8),
    isLast: false,
    ...fields,
  };
  const signatures = [1, 2, 4].map((validator) => ({ validator, signature: Buffer.alloc(64, validator) }));
  return { header, digest, signatures, signedStake: 300, totalStake: 400 };
}

export function accountRecord(balance: bigint, nonce: number, height: number): StateRecord {
  return {
    height,
    digest: hash(height),
    value: { "rustorium.AccountState": { balance, nonce, escrowed: 0n } },
  };
}

/** A record of a topic as Kafka holds it. */
export function viewRecord<K extends keyof RecordTypes>(
  topic: GatewayTopic,
  name: K,
  value: RecordTypes[K],
  fields: Partial<ViewRecord> = {},
): ViewRecord {
  const wire = toWire(1, codec(name).encode(value));
  return { topic, partition: 0, offset: 0, timeMs: NOW_MS, key: null, value: wire, ...fields };
}

/** A shard of the genesis as the topic topology has it. */
export function shardRecord(shard: GenesisShard): ShardTopology {
  return { ...shard, epoch: 0, parents: [], phase: "ACTIVE", ended: -1, since: 0, isPaused: false };
}

/** Four shards and the main chain. */
export function withTopology(views: Views): Views {
  for (const shard of initialShards(4)) views.directory.applyShard(shardRecord(shard));
  return views;
}

export interface TestGateway {
  readonly app: FastifyInstance;
  readonly views: Views;
  /** What was published, in order. */
  readonly published: Publication[];
}

/** A gateway whose topic acknowledges everything at partition 1, offset 100 and following. */
export function testGateway(options: Partial<GatewayOptions> = {}, limits: ViewLimits = {}): TestGateway {
  const views = options.views ?? createViews(limits);
  const published: Publication[] = [];
  const app = buildGateway({
    views,
    publish: async (publication) => {
      published.push(publication);
      return { partition: 1, offset: 99 + published.length };
    },
    status: () => ({
      stages: [{ stage: "execute", state: "running", lagRecords: 3 }],
      viewLag: [{ topic: "notifications", lagRecords: 2 }],
    }),
    describeRules: () => ({
      network: "test",
      chainId: 77,
      genesisHash: hash(3),
      consensus: "hybrid-pos",
      parameters: { ...DEFAULT_PARAMETERS, transactionBytesMax: 1_000 },
    }),
    nowMs: () => NOW_MS,
    ...options,
  });
  return { app, views, published };
}
