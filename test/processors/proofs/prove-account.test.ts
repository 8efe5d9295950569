import { describe, expect, it } from "vitest";
import { checkpointDigest } from "../../../ledger/checkpoint/checkpoint.js";
import { accountKey } from "../../../ledger/state/key.js";
import { asAccount } from "../../../ledger/state/state.js";
import { verifyStateProof } from "../../../ledger/state-tree/verify.js";
import { StateFollower } from "../../../processors/proofs/state-follower.js";
import { codec } from "../../../schemas/codec.js";
import type { CheckpointCertificate } from "../../../schemas/generated.js";
import { makeTestNetwork } from "../../../simulator/world/network.js";
import { certificateOf, ShardLog, signaturesOf } from "../../support/shard-log.js";
import { fileOf } from "./support.js";

const net = makeTestNetwork();
const SHARD = 1;
const PREFIX = net.network.topology.shard(SHARD).prefix;

/** Three blocks that each change the same accounts, and one more. */
function chain() {
  const log = new ShardLog(net, SHARD);
  const [from, to] = [net.wallet(SHARD, 0), net.wallet(SHARD, 1)];
  const states = [0, 1, 2].map((nonce) => {
    log.submit(from.pay(to, 5n, { nonce }), from.account);
    log.submit(from.pay(net.wallet(2, 0), 1n, { nonce: 99 }), from.account);
    log.cut();
    return new Map(log.state.values);
  });
  return { log, states };
}

function feed(follower: StateFollower, log: ShardLog): void {
  for (const block of log.blocks) follower.addCertificate(certificateOf(net, block));
  for (const { value, offset } of log.outputs("shard.changes"))
    follower.addChanges(codec("BlockChanges").decode(value!.subarray(5))!, offset);
}

function certificate(log: ShardLog, height: number, stateRoot: Buffer): CheckpointCertificate {
  const { header, digest } = log.blocks[height - 1]!;
  const { genesis, shard, time, epoch } = header;
  const checkpoint = { genesis, shard, height, block: digest, time, epoch, prefix: PREFIX, stateRoot };
  return { checkpoint, signatures: signaturesOf(net, checkpointDigest(checkpoint), [1, 2, 3]) };
}

describe("the state that is followed", () => {
  it("is at each height what the chain has, whether moved block by block or over several at once", () => {
    const { log, states } = chain();
    const [stepwise, leaping] = [
      new StateFollower(net.network, SHARD),
      new StateFollower(net.network, SHARD),
    ];
    feed(stepwise, log);
    feed(leaping, log);
    for (let height = 1; height <= 3; height++) {
      expect(stepwise.advanceTo(height)).toBe(true);
      for (const wallet of net.wallets.filter(({ shard }) => shard === SHARD)) {
        const valueBytes = stepwise.valueOf(wallet.account)!;
        const key = codec("StateChange")
          .encode({ key: Buffer.alloc(0), value: null })
          .subarray(0, 1);
        const { value } = codec("StateChange").decode(Buffer.concat([key, valueBytes]))!;
        expect(asAccount(value)).toEqual(asAccount(states[height - 1]!.get(accountKey(wallet.account))));
      }
    }
    expect(leaping.advanceTo(3)).toBe(true);
    expect(leaping.root).toEqual(stepwise.root);
    expect(leaping.height).toBe(3);
  });

  it("doesn't move beyond what is certified and there, and never back", () => {
    const { log } = chain();
    const follower = new StateFollower(net.network, SHARD);
    expect(follower.advanceTo(1)).toBe(false);
    feed(follower, log);
    expect(follower.advanceTo(2)).toBe(true);
    const { root } = follower;
    expect(follower.advanceTo(1)).toBe(false);
    expect([follower.height, follower.root]).toEqual([2, root]);
    expect(follower.advanceTo(9)).toBe(false);
    expect(follower.height).toBe(3);
  });
});

describe("the proof of an account", () => {
  it.each([
    ["one that paid", net.wallet(SHARD, 0).account],
    ["one that nothing happened to", net.wallet(SHARD, 3).account],
    ["one that isn't there", absentAccount()],
  ])("of %s leads to the checkpoint's root", (_, account) => {
    const { log } = chain();
    const follower = new StateFollower(net.network, SHARD);
    feed(follower, log);
    follower.advanceTo(2);
    const signed = certificate(log, 2, follower.root);
    const outcome = follower.prove(account, signed);
    expect(outcome).toMatchObject({ ok: true, kind: "account", shard: SHARD, height: 2 });
    const proof = fileOf(outcome);
    if (!("rustorium.AccountProof" in proof)) throw new Error("not a proof of an account");
    const { stateProof, ...rest } = proof["rustorium.AccountProof"];
    expect(rest).toEqual({ account, certificate: signed });
    const { stateRoot: root } = signed.checkpoint;
    const verified = verifyStateProof(stateProof, accountKey(account), { prefix: PREFIX, root });
    expect(verified).toEqual({ ok: true, valueBytes: follower.valueOf(account) });
  });

  it("is refused where the checkpoint has another root", () => {
    const { log } = chain();
    const follower = new StateFollower(net.network, SHARD);
    feed(follower, log);
    follower.advanceTo(1);
    const { root } = follower;
    follower.advanceTo(2);
    const { account } = net.wallet(SHARD, 0);
    expect(follower.prove(account, certificate(log, 2, root))).toMatchObject({ code: "ROOT_MISMATCH" });
  });
});

/** An account of the shard that nobody has. */
function absentAccount(): Buffer {
  for (let byte = 0; ; byte++) {
    const account = Buffer.alloc(20, byte);
    if (net.network.topology.shardOf(account) === SHARD) return account;
  }
}
