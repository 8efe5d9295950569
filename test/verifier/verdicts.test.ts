import { poseidon2 } from "poseidon-lite/poseidon2";
import { describe, expect, it } from "vitest";
import { accountKey } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { makeTestNetwork, START_MS } from "../../simulator/world/network.js";
import { type Claim, verifyProofFile } from "../../verifier/index.js";
import {
  accountFile,
  codeOf,
  recordFile,
  Sample,
  SHARD,
  shardRootFile,
  transactionFile,
  trustOf,
} from "./samples.js";

const sample = new Sample();
const { net, trust, block } = sample;
const solo = new Sample("solo", 3);

const certified = {
  genesis: net.network.hash.toString("hex"),
  shard: SHARD,
  height: 1,
  block: block.digest.toString("hex"),
  time: START_MS,
  epoch: 0,
  signedStake: 3_000,
  totalStake: 4_000,
};

function claimOf(bytes: Uint8Array, by = trust): Claim {
  const verdict = verifyProofFile(bytes, by);
  if (!verdict.ok) throw new Error(`${verdict.code}: ${verdict.message}`);
  return verdict.claim;
}

describe("proof files", () => {
  it("prove what an account has", () => {
    for (const index of [0, 1, 2, 3]) {
      const { account } = net.wallet(SHARD, index);
      const state = asAccount(sample.log.state.values.get(accountKey(account)));
      expect(claimOf(accountFile(sample.account(account)))).toEqual({
        kind: "account",
        ...certified,
        account: account.toString("hex"),
        state,
      });
    }
  });

  it("prove that an account has nothing, by an empty place and by another's leaf", () => {
    for (const end of ["nothing", "other"] as const) {
      const account = sample.absent(end);
      const claim = claimOf(accountFile(sample.account(account)));
      expect(claim).toMatchObject({ kind: "account", account: account.toString("hex"), state: undefined });
    }
  });

  it("prove each transaction of a block, with what came of it", () => {
    for (const [index, receipt] of block.receipts.entries()) {
      const transactionId = receipt.transactionId.toString("hex");
      expect(claimOf(transactionFile(sample.transaction(index)))).toEqual({
        kind: "transaction",
        ...certified,
        transactionId,
        receipt: {
          ...receipt,
          transactionId,
          sender: receipt.sender.toString("hex"),
          recipient: receipt.recipient.toString("hex"),
        },
      });
    }
    expect(block.receipts.map(({ kind }) => kind)).toContain("PREPARED");
  });

  it("prove records of the three topics", () => {
    const { length: count } = block.receipts;
    const changes = block.encodedChanges.length;
    const records = [
      ...Array.from({ length: count }, (_, index) => ({ proof: sample.logRecord(index), index, count })),
      ...Array.from({ length: count }, (_, index) => ({ proof: sample.receiptRecord(index), index, count })),
      ...Array.from({ length: changes }, (_, index) => ({
        proof: sample.stateRecord(index),
        index,
        count: changes,
      })),
      { proof: sample.removalRecord(), index: 0, count: 1 },
    ];
    // Account, escrow and the shard's own record.
    expect(new Set([...block.changes.values()].map((value) => Object.keys(value!)[0])).size).toBe(3);
    for (const { proof, index, count } of records) {
      const { topic, key, value } = proof;
      const isRemoval = value === null;
      const claim = claimOf(recordFile(proof));
      const expected = { kind: "record", topic, key: key.toString("hex"), isRemoval, index, count };
      expect(claim).toMatchObject(expected);
      if (!isRemoval) expect(claim).toMatchObject(certified);
    }
  });

  it("prove that a shard's root is in the global root", () => {
    const proof = sample.shardRoot();
    const { stateRoot } = proof.shard.checkpoint;
    const { height, block: mainBlock, time } = proof.certificate.checkpoint;
    const poseidon = ([left, right]: readonly Buffer[]) =>
      Buffer.from(
        poseidon2([left!, right!].map((part) => BigInt(`0x${part.toString("hex")}`)))
          .toString(16)
          .padStart(64, "0"),
        "hex",
      );
    const [left, right] = ["0", "1"].map((half) =>
      poseidon(
        ["0", "1"].map((quarter) => {
          const of = sample.shardCheckpoints().find((c) => c.checkpoint.prefix === half + quarter)!;
          return of.checkpoint.stateRoot;
        }),
      ),
    );
    expect(claimOf(shardRootFile(proof))).toEqual({
      kind: "shard",
      ...certified,
      stateRoot: stateRoot.toString("hex"),
      globalRoot: poseidon([left!, right!]).toString("hex"),
      mainChain: { height, block: mainBlock.toString("hex"), time },
    });
    expect(claimOf(shardRootFile(solo.shardRoot()), solo.trust)).toMatchObject({
      kind: "shard",
      shard: SHARD,
    });
  });

  it("are checked against a single validator too", () => {
    const claim = claimOf(accountFile(solo.account()), solo.trust);
    expect(claim).toMatchObject({ signedStake: 1_000, totalStake: 1_000 });
  });

  it("are the same in a plain array, in Node's buffer and in the middle of other bytes", () => {
    const bytes = transactionFile(sample.transaction());
    const middle = new Uint8Array(bytes.length + 20);
    middle.set(bytes, 7);
    const all = [bytes, new Uint8Array(bytes), middle.subarray(7, 7 + bytes.length)];
    for (const some of all) expect(claimOf(some)).toEqual(claimOf(bytes));
  });
});

describe("what was asked for", () => {
  const { account } = net.wallet(SHARD);
  const id = block.receipts[1]!.transactionId;
  const other = Buffer.alloc(32, 9);

  it.each([
    ["taken", "account", { account }],
    ["taken", "account", { shard: SHARD, minimumHeight: 1 }],
    ["WRONG_KEY", "account", { account: other.subarray(0, 20) }],
    ["WRONG_KEY", "account", { transactionId: id }],
    ["WRONG_SHARD", "account", { shard: 2 }],
    ["WRONG_HEIGHT", "account", { minimumHeight: 2 }],
    ["WRONG_HEIGHT", "account", { minimumHeight: Number.NaN }],
    ["taken", "transaction", { transactionId: id, shard: SHARD }],
    ["WRONG_KEY", "transaction", { transactionId: other }],
    ["WRONG_KEY", "transaction", { account }],
    ["WRONG_KEY", "record", { account }],
    ["WRONG_KEY", "record", { transactionId: id }],
    ["WRONG_HEIGHT", "record", { minimumHeight: 2 }],
    ["taken", "shard", { shard: SHARD, minimumHeight: 1 }],
    ["WRONG_SHARD", "shard", { shard: 2 }],
    ["WRONG_KEY", "shard", { account }],
  ] as const)("%s: of a proof of an %s, where %o was", (code, kind, expectation) => {
    const files = {
      account: () => accountFile(sample.account()),
      transaction: () => transactionFile(sample.transaction()),
      record: () => recordFile(sample.receiptRecord()),
      shard: () => shardRootFile(sample.shardRoot()),
    };
    expect(codeOf(verifyProofFile(files[kind](), trust, expectation))).toBe(code);
  });

  it("is of the trusted network", () => {
    const foreign = makeTestNetwork({ shards: 2 });
    const bytes = accountFile(sample.account());
    expect(codeOf(verifyProofFile(bytes, trustOf(foreign)))).toBe("WRONG_NETWORK");
  });
});
