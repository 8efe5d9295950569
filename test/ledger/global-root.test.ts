import { poseidon2 } from "poseidon-lite/poseidon2";
import { beforeEach, describe, expect, it } from "vitest";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { globalRootKey, shardRootKey } from "../../ledger/state/key.js";
import { asGlobalRoot, asShardRoot, MemoryState } from "../../ledger/state/state.js";
import type { Checkpoint, CheckpointCertificate } from "../../schemas/generated.js";
import { makeTestNetwork, START_MS } from "../../simulator/world/network.js";
import { ShardLog, signaturesOf } from "../support/shard-log.js";

const net = makeTestNetwork();
const { network } = net;
const { topology } = network;

/** A field element that differs by its number. */
function element(number: number): Buffer {
  const bytes = Buffer.alloc(32, 5);
  bytes.writeUInt32BE(number, 0);
  return bytes;
}

function checkpoint(shard: number, height: number, change: Partial<Checkpoint> = {}): Checkpoint {
  return {
    genesis: network.hash,
    shard,
    height,
    block: Buffer.alloc(32, height),
    time: START_MS + height,
    epoch: 0,
    prefix: topology.shard(Math.min(shard, 4)).prefix,
    stateRoot: element(10 * shard + height),
    ...change,
  };
}

function signed(content: Checkpoint, signers: readonly number[] = [1, 2, 3]): CheckpointCertificate {
  return { checkpoint: content, signatures: signaturesOf(net, checkpointDigest(content), signers) };
}

/** The hash of two roots, by poseidon-lite. */
function parent(left: Buffer, right: Buffer): Buffer {
  const [a, b] = [left, right].map((bytes) => BigInt(`0x${bytes.toString("hex")}`));
  return Buffer.from(poseidon2([a!, b!]).toString(16).padStart(64, "0"), "hex");
}

describe("the global root on the main chain", () => {
  let main: ShardLog;
  beforeEach(() => {
    main = new ShardLog(net, 0);
  });
  const append = (certificate: CheckpointCertificate) =>
    main.append({ "rustorium.CheckpointCertificate": certificate });
  const globalRoot = () => asGlobalRoot(main.state.values.get(globalRootKey()))?.root;
  const shardRoot = (shard: number) =>
    asShardRoot(main.state.values.get(shardRootKey(topology.shard(shard).prefix, shard)));

  it("is there once the log has a certified state of each shard, and is of the newest of each", () => {
    for (const shard of [4, 1, 2]) expect(append(signed(checkpoint(shard, 1))).voided).toBeUndefined();
    main.cut();
    expect(globalRoot()).toBeUndefined();
    append(signed(checkpoint(3, 1)));
    append(signed(checkpoint(2, 7)));
    const { block } = main.cut();
    const [r1, r2, r3, r4] = [element(11), element(27), element(31), element(41)];
    expect(globalRoot()).toEqual(parent(parent(r1, r2), parent(r3, r4)));
    expect(shardRoot(2)).toEqual({ height: 7, time: START_MS + 7, stateRoot: r2 });
    expect(block!.receipts).toEqual([]);
    expect([...block!.changes.keys()]).toEqual([...block!.changes.keys()].sort());
    // Its own record, two shards and the whole.
    expect(block!.changes.size).toBe(4);
  });

  it("does not change by a state that is no newer", () => {
    for (const shard of [1, 2, 3, 4]) append(signed(checkpoint(shard, 5)));
    for (const height of [5, 4])
      expect(append(signed(checkpoint(1, height))).voided).toBe("BELOW_CHECKPOINT");
    main.cut();
    expect(append(signed(checkpoint(1, 5))).voided).toBe("BELOW_CHECKPOINT");
    expect(main.chain.openBlock).toBeUndefined();
  });

  it("goes on from the state after a restart", () => {
    for (const shard of [1, 2, 3, 4]) append(signed(checkpoint(shard, 5)));
    main.cut();
    const state = new MemoryState();
    state.apply(main.state.values);
    const resumed = new ShardChain(network, 0, state, main.chain.position, { isAuthentic: () => false });
    append(signed(checkpoint(1, 6)));
    main.cut();
    const [entry, cut] = main.records.slice(-2);
    const read = ({ value, timeMs, offset }: (typeof main.records)[number]) =>
      resumed.append({ bytes: value!.subarray(5), timeMs, offset });
    read(entry!);
    expect(read(cut!).block?.digest).toEqual(main.blocks.at(-1)!.digest);
  });

  it.each([
    ["OTHER_NETWORK", signed(checkpoint(1, 1, { genesis: Buffer.alloc(32) }))],
    ["OTHER_SHARD", signed(checkpoint(5, 1))],
    ["OTHER_SHARD", signed(checkpoint(0, 1))],
    ["OTHER_SHARD", signed(checkpoint(1, 1, { prefix: "01" }))],
    ["BAD_ROOT", signed(checkpoint(1, 1, { stateRoot: Buffer.alloc(32, 255) }))],
    ["BAD_CERTIFICATE", signed(checkpoint(1, 1), [1, 2])],
    ["BAD_CERTIFICATE", { ...signed(checkpoint(1, 1)), checkpoint: checkpoint(1, 2) }],
  ])("takes no certificate that is none of its own: %s", (code, certificate) => {
    expect(append(certificate).voided).toBe(code);
    expect(main.chain.openBlock).toBeUndefined();
  });

  it("is the main chain's business alone", () => {
    const log = new ShardLog(net, 1);
    const entry = { "rustorium.CheckpointCertificate": signed(checkpoint(2, 1)) };
    expect(log.append(entry).voided).toBe("OTHER_SHARD");
  });
});
