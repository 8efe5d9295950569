import { beforeEach, describe, expect, it } from "vitest";
import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { verifyEd25519 } from "../../ledger/crypto/ed25519.js";
import { POSITION_KEY } from "../../processors/chain/store-layout.js";
import { StageFault } from "../../processors/stage.js";
import { type VoteOptions, VoteTask } from "../../processors/vote/vote.js";
import { makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { decoded, ShardLog } from "../support/shard-log.js";

const net = makeTestNetwork({ parameters: { unfinalisedBlocksMax: 3 } });
const SKEW = net.network.genesis.parameters.clockSkewMsMax;
const VALIDATOR = 2;

function open(log: ShardLog, change: Partial<VoteOptions> = {}): VoteTask {
  const keyPair = net.validatorKeys[VALIDATOR - 1]!;
  return new VoteTask({ ...log.options(), validator: VALIDATOR, keyPair, ownVotes: new Map(), ...change });
}

describe("vote", () => {
  let log: ShardLog;
  let nonce: number;
  beforeEach(() => {
    log = new ShardLog(net, 1);
    nonce = 0;
  });
  const block = () => {
    log.submit(net.wallet(1).pay(net.wallet(1, 1), ONE, { nonce: nonce++ }), net.wallet(1).account);
    log.cut();
  };

  it("signs the digest that it arrives at, once a height, for each block in order", () => {
    block();
    block();
    const { records, resumeAt } = open(log).step(log.records, START_MS);
    expect(records).toHaveLength(2);
    for (const [index, record] of records.entries()) {
      expect(record).toMatchObject({ topic: "shard.votes", partition: 1 });
      expect(record.key).toEqual(Buffer.from([0, 0, 0, VALIDATOR]));
      const { header, signature, validator } = decoded("Vote", record);
      expect({ header, validator }).toEqual({ header: log.blocks[index]!.header, validator: VALIDATOR });
      const key = net.validatorKeys[VALIDATOR - 1]!.publicKey;
      expect(verifyEd25519(signature, voteMessage(digestOf(header)), key)).toBe(true);
    }
    expect(resumeAt?.get("shard.log")).toBe(log.blocks[1]!.position.nextOffset);
  });

  it("relies on no MAC: checks every signature itself", () => {
    block();
    const forged = { ...net.wallet(1).pay(net.wallet(1, 1), ONE, { nonce: 1 }), signature: Buffer.alloc(64) };
    log.submit(forged, net.wallet(1).account);
    log.cut();
    expect(open(log).step(log.records, START_MS).records).toHaveLength(1);
  });

  it("doesn't sign a height again that it signed before it lost its store", () => {
    block();
    block();
    const ownVotes = new Map([[1, log.blocks[0]!.digest]]);
    const { records, store } = open(log, { ownVotes }).step(log.records, START_MS);
    expect(records.map((record) => decoded("Vote", record).header.height)).toEqual([2]);
    expect(store!.map(([key]) => key).filter((key) => key === POSITION_KEY)).toHaveLength(2);
  });

  it("stops rather than sign a second digest for a height", () => {
    block();
    const task = open(log, { ownVotes: new Map([[1, Buffer.alloc(32, 1)]]) });
    expect(() => task.step(log.records, START_MS)).toThrow(
      expect.objectContaining({ name: "StageFault", code: "OWN_VOTE_CONTRADICTED" }),
    );
  });

  it("stops when a certificate names another digest than it arrived at", () => {
    block();
    // The same height of another history: in this one the amount differs.
    const other = new ShardLog(net, 1);
    other.submit(net.wallet(1).pay(net.wallet(1, 1), 2n * ONE, { nonce: 0 }), net.wallet(1).account);
    other.cut();
    const late = open(log);
    late.step(log.records, START_MS);
    const contradicted = expect.objectContaining({ code: "DIGEST_CONTRADICTED" });
    expect(() => late.step([other.certificateRecord(1)], START_MS)).toThrow(contradicted);
    const early = open(log);
    early.step([other.certificateRecord(1)], START_MS);
    expect(() => early.step(log.records, START_MS)).toThrow(StageFault);
  });

  it("withholds its vote while the block's time is beyond clockSkewMsMax, then gives it", () => {
    block();
    log.nowMs = START_MS + 60_000;
    block();
    const task = open(log);
    const now = START_MS + 60_000 - SKEW - 1;
    const first = task.step(log.records, now);
    expect(first.records.map((record) => decoded("Vote", record).header.height)).toEqual([1]);
    expect(first.resumeAt?.get("shard.log"), "block 2 is read again after a restart").toBe(
      log.blocks[0]!.position.nextOffset,
    );
    expect(first.storedChanges).toHaveLength(1);
    expect(first.wakeAtMs).toBeGreaterThan(now);
    const second = task.timer(now + 1);
    expect(second.records.map((record) => decoded("Vote", record).header.height)).toEqual([2]);
    expect(second.storedChanges).toHaveLength(1);
    expect(second.wakeAtMs).toBeUndefined();
  });

  it("keeps the order of heights when earlier ones are withheld", () => {
    log.nowMs = START_MS + 60_000;
    block();
    const task = open(log);
    task.step(log.records, START_MS);
    const from = log.records.length;
    block();
    expect(task.step(log.records.slice(from), START_MS).records).toEqual([]);
    const { records } = task.timer(START_MS + 60_000);
    expect(records.map((record) => decoded("Vote", record).header.height)).toEqual([1, 2]);
  });

  it("stays at most unfinalisedBlocksMax ahead of certificates", () => {
    for (let count = 0; count < 5; count++) block();
    const task = open(log);
    const { records, pause } = task.step(log.records, START_MS);
    expect(records).toHaveLength(3);
    expect(pause).toEqual(["shard.log"]);
    expect(task.step([log.certificateRecord(1)], START_MS).records).toHaveLength(1);
  });
});
