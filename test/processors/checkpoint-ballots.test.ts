import { describe, expect, it } from "vitest";
import { voteMessage } from "../../ledger/block/header.js";
import { checkpointDigest, verifyCheckpoint } from "../../ledger/checkpoint/checkpoint.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import { CheckpointBallots } from "../../processors/finalize/checkpoint-ballots.js";
import type { OutputRecord } from "../../processors/stage.js";
import type { Checkpoint } from "../../schemas/generated.js";
import { makeTestNetwork, START_MS } from "../../simulator/world/network.js";
import { decoded } from "../support/shard-log.js";

const net = makeTestNetwork();
const SHARD = 1;
const { prefix, partition } = net.network.topology.shard(SHARD);

const at = (height: number, change: Partial<Checkpoint> = {}): Checkpoint => ({
  genesis: net.network.hash,
  shard: SHARD,
  height,
  block: Buffer.alloc(32, height % 251),
  time: START_MS + height,
  epoch: 0,
  prefix,
  stateRoot: Buffer.alloc(32, 1),
  ...change,
});
const vote = (validator: number, checkpoint: Checkpoint, signer = validator) => ({
  validator,
  checkpoint,
  signature: signEd25519(voteMessage(checkpointDigest(checkpoint)), net.validatorKeys[signer - 1]!),
});
const ballots = (certifiedHeight = 0) =>
  new CheckpointBallots(net.network, SHARD, partition, certifiedHeight);
const certified = (outcome: unknown) => {
  const { checkpoint, ...rest } = decoded("CheckpointCertificate", outcome as OutputRecord);
  expect(verifyCheckpoint({ checkpoint, ...rest }, net.network.consensus).ok).toBe(true);
  return checkpoint.height;
};

describe("votes on checkpoints", () => {
  it("give a certificate at a quorum, once, and close all below", () => {
    const votes = ballots();
    expect(votes.add(vote(1, at(5)), 0)).toBeUndefined();
    expect(votes.add(vote(1, at(9)), 1)).toBeUndefined();
    expect(votes.add(vote(2, at(9)), 2)).toBeUndefined();
    expect(votes.resumeAt(3)).toBe(0);
    expect(certified(votes.add(vote(4, at(9)), 3))).toBe(9);
    expect(votes.add(vote(3, at(9)), 4)).toBeUndefined();
    expect(votes.add(vote(2, at(5)), 5)).toBeUndefined();
    expect(votes.add(vote(3, at(5)), 6)).toBeUndefined();
    expect(votes.resumeAt(7)).toBe(7);
  });

  it("don't add up where roots differ", () => {
    const votes = ballots();
    const other = at(3, { stateRoot: Buffer.alloc(32, 2) });
    votes.add(vote(1, at(3)), 0);
    votes.add(vote(2, at(3)), 1);
    expect(votes.add(vote(3, other), 2)).toBeUndefined();
    expect(votes.add(vote(1, other), 3)).toMatchObject({ code: "EQUIVOCATION" });
    expect(certified(votes.add(vote(4, at(3)), 4))).toBe(3);
  });

  it("count once, with the validator's own signature, and of this chain only", () => {
    const votes = ballots(2);
    votes.add(vote(1, at(3)), 0);
    votes.add(vote(1, at(3)), 1);
    expect(votes.add(vote(1, at(3)), 2)).toBeUndefined();
    expect(votes.add(vote(2, at(3), 3), 3)).toMatchObject({ code: "BAD_VOTE_SIGNATURE" });
    expect(votes.add({ ...vote(1, at(3)), validator: 9 }, 4)).toMatchObject({ code: "UNKNOWN_VALIDATOR" });
    expect(votes.add(vote(2, at(3, { shard: 2 })), 5)).toMatchObject({ code: "OTHER_CHAIN" });
    expect(votes.add(vote(2, at(3, { genesis: Buffer.alloc(32) })), 6)).toMatchObject({
      code: "OTHER_CHAIN",
    });
    expect(votes.add(vote(2, at(2)), 7)).toBeUndefined();
    expect(votes.resumeAt(8)).toBe(0);
  });

  it("of heights that don't come drive out nobody else's", () => {
    const votes = ballots();
    votes.add(vote(1, at(10)), 0);
    votes.add(vote(2, at(10)), 1);
    // Anyone may write there, and one of the validators may be against us.
    for (let height = 1_000; height < 1_200; height++) {
      expect(votes.add(vote(3, at(height), 4), 2)).toMatchObject({ code: "BAD_VOTE_SIGNATURE" });
      expect(votes.add(vote(4, at(height)), 3)).toBeUndefined();
    }
    expect(certified(votes.add(vote(3, at(10)), 4))).toBe(10);
  });

  it("of one validator are given up from the lowest on, and may come again", () => {
    const votes = ballots();
    for (let height = 1; height <= 70; height++) votes.add(vote(1, at(height)), height);
    // 64 are left, of heights 7 to 70.
    expect(votes.resumeAt(100)).toBe(7);
    for (const validator of [2, 3]) expect(votes.add(vote(validator, at(6)), 100)).toBeUndefined();
    expect(certified(votes.add(vote(4, at(6)), 101))).toBe(6);
    votes.add(vote(2, at(8)), 102);
    expect(certified(votes.add(vote(3, at(8)), 103))).toBe(8);
  });

  it("certify a root once more than two thirds of the stake signed it, signers ascending", () => {
    const votes = ballots();
    expect(votes.add(vote(3, at(5)), 10)).toBeUndefined();
    expect(votes.add(vote(3, at(5)), 11), "twice").toBeUndefined();
    expect(votes.resumeAt(12)).toBe(10);
    expect(votes.add(vote(1, at(5)), 12)).toBeUndefined();
    const record = votes.add(vote(2, at(5)), 13);
    if (!record || !("topic" in record)) throw new Error("no certificate");
    expect(decoded("CheckpointCertificate", record).signatures.map(({ validator }) => validator)).toEqual([
      1, 2, 3,
    ]);
    expect(votes.resumeAt(14)).toBe(14);
    expect(votes.add(vote(4, at(5)), 14), "late").toBeUndefined();
    expect(votes.add(vote(4, at(4)), 15), "below").toBeUndefined();
  });

  it("name who signed two roots, whose signature is wrong, strangers and other chains", () => {
    const votes = ballots();
    votes.add(vote(1, at(5)), 0);
    const second = at(5, { stateRoot: Buffer.alloc(32, 2) });
    expect(votes.add(vote(1, second), 1)).toMatchObject({ code: "EQUIVOCATION" });
    expect(votes.add({ ...vote(2, at(5)), signature: Buffer.alloc(64) }, 2)).toMatchObject({
      code: "BAD_VOTE_SIGNATURE",
    });
    expect(votes.add({ ...vote(2, at(5)), validator: 9 }, 3)).toMatchObject({ code: "UNKNOWN_VALIDATOR" });
    const other = { ...vote(2, at(5)), checkpoint: at(5, { genesis: Buffer.alloc(32) }) };
    expect(votes.add(other, 4)).toMatchObject({ code: "OTHER_CHAIN" });
  });

  it("of at most 64 heights wait for others", () => {
    const votes = ballots();
    for (let height = 1; height <= 80; height++) votes.add(vote(1, at(height)), height);
    expect(votes.resumeAt(100)).toBe(17);
  });
});
