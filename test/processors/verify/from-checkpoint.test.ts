import { describe, expect, it } from "vitest";
import type { ChainPosition } from "../../../ledger/block/position.js";
import { initialState, totalAllocated } from "../../../ledger/genesis/genesis.js";
import { accountKey } from "../../../ledger/state/key.js";
import { accountValue, asAccount, MemoryState, type StateChanges } from "../../../ledger/state/state.js";
import { genesisStart, type ShardStart } from "../../../processors/verify/start.js";
import { verifyChain } from "../../../processors/verify/verify-chain.js";
import { seeded } from "../../../simulator/kernel/random.js";
import { makeTestNetwork, ONE } from "../../../simulator/world/network.js";
import { replay } from "../../support/auditor.js";
import { MemorySource } from "../../support/chain-source.js";
import { Pipeline } from "../../support/pipeline.js";
import {
  alter,
  flipped,
  HEIGHT,
  heightOf,
  network,
  parameters,
  partition,
  remove,
  SHARD,
  sound,
} from "../../support/verified-chain.js";

/** A shard's position and state after the block of a height. */
function startAfter(pipeline: Pipeline, shard: number, height: number): ShardStart {
  const { network: of } = pipeline.net;
  if (height === 0) return genesisStart(of, shard);
  const state = new MemoryState();
  state.apply(initialState(of, shard) as StateChanges);
  let position: ChainPosition | undefined;
  for (const block of replay(pipeline, shard).blocks.slice(0, height)) {
    state.apply(block.changes);
    ({ position } = block);
  }
  return { position: position!, values: state.values };
}

function startsOf(pipeline: Pipeline, heights: readonly number[]): Map<number, ShardStart> {
  return new Map(heights.map((height, shard) => [shard, startAfter(pipeline, shard, height)]));
}

const shards = [0, 1, 2, 3, 4];
const heightsOf = (pipeline: Pipeline) => shards.map((shard) => replay(pipeline, shard).blocks.length);

describe("a verifier that begins with certified states", () => {
  const last = heightsOf(sound);

  async function verifyFrom(source: MemorySource, heights: readonly number[], pipeline = sound) {
    const report = await verifyChain(pipeline.net.network, source, { starts: startsOf(pipeline, heights) });
    if ("code" in report) throw new Error(report.code);
    return report;
  }

  it("finds a sound chain equal from wherever it begins, without the logs before", async () => {
    const chance = seeded(3);
    const middle = last.map((height) => Math.floor(height / 2));
    const drawn = Array.from({ length: 12 }, () => last.map((height) => chance(height + 1)));
    const oneFromGenesis = shards.map((skipped) =>
      middle.map((height, shard) => (shard === skipped ? 0 : height)),
    );
    for (const heights of [last, middle, ...oneFromGenesis, ...drawn]) {
      const source = new MemorySource(sound);
      const starts = startsOf(sound, heights);
      for (const { shard, partition: of } of network.topology.shards) {
        const records = source.records("shard.log", of);
        const kept = records.filter(({ offset }) => offset >= starts.get(shard)!.position.nextOffset);
        // An empty partition says nothing about where it begins.
        if (kept.length > 0) records.splice(0, records.length, ...kept);
      }
      const report = await verifyFrom(source, heights);
      expect(report.firstDifference, `from ${heights}`).toBeNull();
      // All transfers are settled at the end.
      expect(report.value.found).toBe(totalAllocated(network));
      for (const { shard, ...figures } of report.shards)
        expect(figures, `shard ${shard} from ${heights}`).toMatchObject({
          from: heights[shard],
          blocks: last[shard]! - heights[shard]!,
          certified: last[shard]! - heights[shard]!,
          changesCompared: last[shard]! - heights[shard]!,
          stateKeys: replay(sound, shard).state.size,
        });
    }
  });

  it("finds no difference while transfers are under way, whatever the states that it begins with", async () => {
    const net = makeTestNetwork({ parameters });
    const pipeline = new Pipeline(net);
    const chance = seeded(8);
    let exact = 0;
    for (let count = 0; count < 40; count++) {
      const from = net.wallets[chance(net.wallets.length)]!;
      pipeline.pay(from, net.wallets[chance(net.wallets.length)]!, ONE);
      pipeline.runUntilQuiet({ chance, steps: 25 });
      const heights = heightsOf(pipeline).map((height) => chance(height + 1));
      const report = await verifyFrom(new MemorySource(pipeline), heights, pipeline);
      expect(report.firstDifference, `from ${heights}`).toBeNull();
      if (report.value.found !== null) exact++;
    }
    expect(exact).toBeGreaterThan(0);
    expect(exact).toBeLessThan(40);
  });

  it("compares nothing of before, and everything of after", async () => {
    const heights = last.map((height) => Math.min(height, HEIGHT));
    const tampered = (height: number) => {
      const source = new MemorySource(sound);
      alter(source, "shard.changes", "BlockChanges", (changes) =>
        changes.height === height ? { ...changes, changes: changes.changes.slice(1) } : undefined,
      );
      return verifyFrom(source, heights);
    };
    expect((await tampered(HEIGHT)).firstDifference).toBeNull();
    expect((await tampered(HEIGHT + 1)).firstDifference).toMatchObject({
      code: "CHANGES_DIFFER",
      shard: SHARD,
      height: HEIGHT + 1,
    });
    const missing = new MemorySource(sound);
    remove(missing, "shard.finalized", (record) => heightOf(record) === HEIGHT + 1);
    expect((await verifyFrom(missing, heights)).firstDifference).toMatchObject({
      code: "CERTIFICATE_MISSING",
      height: HEIGHT + 1,
    });
    const signature = new MemorySource(sound);
    alter(
      signature,
      "shard.finalized",
      "FinalityCertificate",
      ({ signatures: [first, ...rest], ...certificate }) =>
        certificate.header.height === HEIGHT + 1
          ? { ...certificate, signatures: [{ ...first!, signature: flipped(first!.signature) }, ...rest] }
          : undefined,
    );
    expect((await verifyFrom(signature, heights)).firstDifference).toMatchObject({
      code: "CERTIFICATE_INVALID",
    });
  });

  it("names the first block that a wrong state leads to", async () => {
    const source = new MemorySource(sound);
    const starts = startsOf(
      sound,
      last.map((height) => Math.min(height, HEIGHT)),
    );
    const start = starts.get(SHARD)!;
    const values = new Map(start.values);
    for (const { account, shard } of sound.net.wallets) {
      if (shard !== SHARD) continue;
      const { balance, ...rest } = asAccount(values.get(accountKey(account)))!;
      values.set(accountKey(account), accountValue({ ...rest, balance: balance + 1n }));
    }
    starts.set(SHARD, { ...start, values });
    const report = await verifyChain(network, source, { starts });
    expect(report).toMatchObject({
      firstDifference: { code: "HEADER_DIFFERS", shard: SHARD, height: HEIGHT + 1 },
    });
  });

  it("refuses where the log no longer goes back to the state", async () => {
    const source = new MemorySource(sound);
    const heights = last.map((height) => Math.min(height, HEIGHT));
    const { nextOffset } = startAfter(sound, SHARD, HEIGHT).position;
    remove(source, "shard.log", ({ offset }) => offset <= nextOffset);
    const report = await verifyChain(network, source, { starts: startsOf(sound, heights) });
    expect(report).toEqual({ code: "LOG_TRIMMED", shard: SHARD, firstOffset: nextOffset + 1 });
    expect(partition).toBe(SHARD);
  });
});
