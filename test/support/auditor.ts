import { expect } from "vitest";
import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { digestOf } from "../../ledger/block/header.js";
import { startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import { initialState, totalAllocated } from "../../ledger/genesis/genesis.js";
import { accountKey, feeAccountKey, heightKey, keyBytes, type StateKey } from "../../ledger/state/key.js";
import { amountOf, asAccount, MemoryState, type StateValue } from "../../ledger/state/state.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { read } from "../../processors/read.js";
import { codec, WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import type { FinalityCertificate, Notification } from "../../schemas/generated.js";
import type { Pipeline } from "./pipeline.js";

/** A shard as a fresh reader finds it: the log executed again from the genesis, every signature checked. */
export interface Replay {
  readonly blocks: readonly ExecutedBlock[];
  readonly state: ReadonlyMap<StateKey, StateValue>;
}

export function replay(pipeline: Pipeline, shard: number): Replay {
  const { network } = pipeline.net;
  const state = new MemoryState();
  state.apply(initialState(network, shard));
  const chain = new ShardChain(network, shard, state, startOfChain(network.hash), {
    isAuthentic: isAuthenticBySignature,
  });
  const blocks: ExecutedBlock[] = [];
  const { partition } = network.topology.shard(shard);
  for (const { value, timeMs, offset } of pipeline.topics.records("shard.log", partition)) {
    if (!value || value.length < WIRE_HEADER_BYTES) continue;
    const { block } = chain.append({ bytes: value.subarray(WIRE_HEADER_BYTES), timeMs, offset });
    if (block) blocks.push(block);
  }
  return { blocks, state: state.values };
}

export function certificatesOf(pipeline: Pipeline, shard: number): FinalityCertificate[] {
  const { partition } = pipeline.net.network.topology.shard(shard);
  return pipeline.topics.records("shard.finalized", partition).map((record) => {
    const certificate = read("FinalityCertificate", record);
    if (!certificate) throw new Error("unreadable certificate");
    return certificate;
  });
}

/** shard.state as a compacted table: only the last value of each key. */
export function stateTable(pipeline: Pipeline, shard: number) {
  const { partition, prefix } = pipeline.net.network.topology.shard(shard);
  const values = new Map<StateKey, StateValue>();
  let height = 0;
  for (const record of pipeline.topics.records("shard.state", partition)) {
    const key = record.key!.toString("latin1") as StateKey;
    const state = record.value ? read("StateRecord", record) : undefined;
    if (key === heightKey(prefix)) height = state!.height;
    else if (state?.value) values.set(key, state.value);
    else values.delete(key);
  }
  return { values, height };
}

/** Balance of an account by certified state; the genesis's where nothing touched it. */
export function balanceOf(pipeline: Pipeline, account: Buffer): bigint {
  const { network } = pipeline.net;
  const shard = network.topology.shardOf(account);
  const value = stateTable(pipeline, shard).values.get(accountKey(account));
  return (
    (asAccount(value) ?? asAccount(initialState(network, shard).get(accountKey(account))))?.balance ?? 0n
  );
}

export function feesOf(pipeline: Pipeline, shard: number): bigint {
  const { prefix } = pipeline.net.network.topology.shard(shard);
  return asAccount(stateTable(pipeline, shard).values.get(feeAccountKey(prefix)))?.balance ?? 0n;
}

/** What conservation adds up over all shards' certified state. */
export function totalValue(pipeline: Pipeline): bigint {
  const { network } = pipeline.net;
  let total = 0n;
  for (const { shard } of network.genesis.shards) {
    const state = new Map([...initialState(network, shard), ...stateTable(pipeline, shard).values]);
    for (const value of state.values()) total += amountOf(value);
  }
  return total;
}

/** Everything that must hold when the network is quiet, whatever happened on the way. */
export function audit(pipeline: Pipeline): void {
  const { network } = pipeline.net;
  for (const { shard, partition } of network.genesis.shards) {
    const { blocks, state } = replay(pipeline, shard);
    const certificates = certificatesOf(pipeline, shard);
    const where = `shard ${shard}`;
    expect(
      certificates.map(({ header }) => header.height),
      where,
    ).toEqual(blocks.map((_, index) => index + 1));
    for (const [index, { header, digest, signatures }] of certificates.entries()) {
      expect(digest, `${where}, height ${index + 1}`).toEqual(blocks[index]!.digest);
      expect(verifyCertificate(header, signatures, network.consensus)).toMatchObject({ ok: true, digest });
    }
    auditVotes(pipeline, partition);
    const table = stateTable(pipeline, shard);
    expect(table.height, where).toBe(blocks.length);
    expect(plain(new Map([...initialState(network, shard), ...table.values])), where).toEqual(plain(state));
  }
  expect(totalValue(pipeline)).toBe(totalAllocated(network));
}

/** No validator ever signed two digests for one height. */
export function auditVotes(pipeline: Pipeline, partition: number): void {
  const signed = new Map<string, string>();
  for (const record of pipeline.topics.records("shard.votes", partition)) {
    const vote = read("Vote", record)!;
    const name = `${vote.validator}@${vote.header.height}`;
    const digest = digestOf(vote.header).toString("hex");
    expect(signed.get(name) ?? digest, name).toBe(digest);
    signed.set(name, digest);
  }
}

/** State as text that compares: hex of key and Avro value, by key. */
function plain(state: ReadonlyMap<StateKey, StateValue>): Record<string, string> {
  const encode = codec("StateChange").encode;
  const rows = Array.from(state, ([key, value]) => [
    keyBytes(key).toString("hex"),
    encode({ key: Buffer.alloc(0), value }).toString("hex"),
  ]);
  return Object.fromEntries(rows.sort(([left], [right]) => (left! < right! ? -1 : 1)));
}

export function notificationsOf(pipeline: Pipeline): Notification[] {
  return pipeline.topics.all("notifications").map((record) => read("Notification", record)!);
}

/**
 * The status of each submission, by `partition:offset`: `REJECTED CODE`, `FINAL`, `FINAL CODE` where refused, `COMPLETED`,
 * `REFUNDED CODE`. Fails where one has none or contradictory ones.
 */
export function statuses(pipeline: Pipeline): Map<string, string> {
  const settled = new Map<string, string>();
  const found = new Map<string, { text: string; crossShardId: string | undefined }>();
  for (const { event, code, applied, crossShard, transactionId, ...rest } of notificationsOf(pipeline)) {
    const id = transactionId?.toString("hex");
    const text = code === "" ? event : `${event} ${code}`;
    if (event === "PRE_CONFIRMED") continue;
    if (event === "COMPLETED" || event === "REFUNDED") {
      expect(settled.get(id!) ?? text, `settlement of ${id}`).toBe(text);
      settled.set(id!, text);
      continue;
    }
    const name = `${rest.sourcePartition}:${rest.sourceOffset}`;
    expect(found.get(name)?.text ?? text, `status of ${name}`).toBe(text);
    expect(applied).toBe(code === "");
    found.set(name, { text, crossShardId: crossShard ? id : undefined });
  }
  const submitted = pipeline.topics
    .all("transactions")
    .map(({ partition, offset }) => `${partition}:${offset}`);
  expect([...found.keys()].sort()).toEqual(submitted.sort());
  return new Map(
    Array.from(found, ([name, { text, crossShardId }]) => [
      name,
      crossShardId === undefined ? text : (settled.get(crossShardId) ?? "UNSETTLED"),
    ]),
  );
}
