import { describe, expect, it } from "vitest";
import { totalAllocated } from "../../../ledger/genesis/genesis.js";
import { accountKey } from "../../../ledger/state/key.js";
import { asAccount } from "../../../ledger/state/state.js";
import { read } from "../../../processors/read.js";
import type { InputRecord } from "../../../processors/stage.js";
import { verifyChain } from "../../../processors/verify/verify-chain.js";
import { codec } from "../../../schemas/codec.js";
import { seeded } from "../../../simulator/kernel/random.js";
import { makeTestNetwork, ONE } from "../../../simulator/world/network.js";
import type { TopicName } from "../../../topics/catalogue.js";
import { replay } from "../../support/auditor.js";
import { MemorySource } from "../../support/chain-source.js";
import { Pipeline } from "../../support/pipeline.js";
import {
  alter,
  differenceIn,
  HEIGHT,
  heightOf,
  network,
  parameters,
  partition,
  remove,
  SHARD,
  sound,
  UNFINALISED_MAX,
  verify,
  wire,
} from "../../support/verified-chain.js";

describe("a verifier of the whole chain", () => {
  it("finds a sound chain equal in everything, and the value conserved", async () => {
    const report = await verify(new MemorySource(sound));
    expect(report.firstDifference).toBeNull();
    expect(report.value).toEqual({ expected: totalAllocated(network), found: totalAllocated(network) });
    expect(report.checkedSignatures).toBeGreaterThan(160);
    expect(report.shards.map(({ shard }) => shard)).toEqual([0, 1, 2, 3, 4]);
    for (const figures of report.shards) {
      const { blocks, state } = replay(sound, figures.shard);
      expect(blocks.length).toBeGreaterThan(4 * UNFINALISED_MAX);
      expect(figures).toEqual({
        shard: figures.shard,
        from: 0,
        blocks: blocks.length,
        entries: blocks.at(-1)!.header.lastSequence,
        certified: blocks.length,
        receiptsCompared: blocks.length,
        changesCompared: blocks.length,
        stateKeys: state.size,
        checkpoints: 0,
      });
    }
  });

  it("finds no difference at whatever moment it looks, and counts what is in flight once", async () => {
    const net = makeTestNetwork({ parameters });
    const pipeline = new Pipeline(net);
    const chance = seeded(5);
    const inEscrow: boolean[] = [];
    for (let count = 0; count < 60; count++) {
      const from = net.wallets[chance(net.wallets.length)]!;
      pipeline.pay(from, net.wallets[chance(net.wallets.length)]!, ONE);
      pipeline.runUntilQuiet({ chance, steps: 25 });
      const report = await verifyChain(net.network, new MemorySource(pipeline));
      expect(report).toMatchObject({ firstDifference: null, value: { found: totalAllocated(net.network) } });
      inEscrow.push(net.wallets.some(({ account, shard }) => escrowedOf(pipeline, account, shard) > 0n));
    }
    expect(inEscrow.filter((held) => held).length).toBeGreaterThan(20);
  });

  function escrowedOf(pipeline: Pipeline, account: Buffer, shard: number): bigint {
    return asAccount(replay(pipeline, shard).state.get(accountKey(account)))?.escrowed ?? 0n;
  }

  it("lets the latest blocks wait for their certificates, and for all that execute writes", async () => {
    const source = new MemorySource(sound);
    for (const topic of ["shard.finalized", "shard.blocks", "shard.changes", "shard.receipts"] as const)
      remove(source, topic, (record) => heightOf(record) > HEIGHT);
    source.records("shard.state", partition).splice(0);
    const report = await verify(source);
    expect(report.firstDifference).toBeNull();
    const compared = { certified: HEIGHT, receiptsCompared: HEIGHT, changesCompared: HEIGHT };
    expect(report.shards[SHARD]).toMatchObject(compared);
  });

  it("compares what retention has left", async () => {
    const source = new MemorySource(sound);
    for (const topic of ["shard.changes", "shard.receipts"] as const)
      remove(source, topic, (record) => heightOf(record) <= HEIGHT);
    source.records("shard.receipts", partition).shift();
    const { firstDifference, shards } = await verify(source);
    expect(firstDifference).toBeNull();
    const { blocks, receiptsCompared, changesCompared } = shards[SHARD]!;
    expect([blocks - changesCompared, blocks - receiptsCompared]).toEqual([HEIGHT, HEIGHT + 1]);
  });

  it("refuses a log whose beginning is gone", async () => {
    const source = new MemorySource(sound);
    source.records("shard.log", partition).shift();
    expect(await verifyChain(network, source)).toEqual({ code: "LOG_TRIMMED", shard: SHARD, firstOffset: 1 });
  });

  it("takes a header and receipts that execute wrote wrongly and then corrected", async () => {
    const source = new MemorySource(sound);
    const headers = source.records("shard.blocks", partition);
    const right = headers[HEIGHT - 1]!;
    alter(source, "shard.blocks", "BlockHeader", (header) =>
      header.height === HEIGHT ? { ...header, time: header.time + 1 } : undefined,
    );
    const { offset } = headers[HEIGHT + 2]!;
    headers.splice(HEIGHT + 3, 0, { ...right, offset });
    source.append("shard.receipts", partition, otherBlocks("shard.receipts", "Receipt"));
    expect(await differenceIn(source)).toBeNull();
  });

  /** A record of the height that names another digest. */
  function otherBlocks(topic: TopicName, type: "Receipt"): InputRecord {
    const record = sound.topics.records(topic, partition).find((found) => heightOf(found) === HEIGHT)!;
    const value = { ...read(type, record)!, digest: Buffer.alloc(32, 1) };
    return { ...record, value: wire(topic, codec(type).encode(value)) };
  }
});
