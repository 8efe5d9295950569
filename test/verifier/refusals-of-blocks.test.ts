import { describe, expect, it } from "vitest";
import { sha256 } from "../../ledger/crypto/hash.js";
import { leafHash, merkleRoot } from "../../ledger/merkle.js";
import { keyBytes, keyOfBytes } from "../../ledger/state/key.js";
import { codec } from "../../schemas/codec.js";
import type { LogEntry, RecordProof, TransactionProof } from "../../schemas/generated.js";
import { verifyProofFile } from "../../verifier/index.js";
import { signaturesOf } from "../support/shard-log.js";
import { codeOfFile, reachesItsCodes, refusals, sample } from "./refusal-cases.js";
import { codeOf, pathOf, recordFile, Sample, SHARD, transactionFile } from "./samples.js";

const { block } = sample;
const hash = (byte: number) => Buffer.alloc(32, byte);
const transaction = (change: Partial<TransactionProof> = {}) =>
  transactionFile({ ...sample.transaction(), ...change });
const record = (proof: RecordProof, change: Partial<RecordProof> = {}) => recordFile({ ...proof, ...change });

describe("a transaction", () => {
  const good = sample.transaction();
  const other = sample.transaction(2);
  const entries = sample.entries;

  /** A block with these leaves, certified all the same. */
  function ofLeaves(entry: Buffer, receipt: Buffer, change: Partial<TransactionProof> = {}): Uint8Array {
    const roots = { entriesRoot: leafHash(entry), receiptsRoot: leafHash(receipt) };
    const certified = sample.certify({ ...roots, firstSequence: 2, lastSequence: 2 });
    return transaction({ block: certified, entry, entryPath: [], receipt, receiptPath: [], ...change });
  }
  const entryOf = (entry: LogEntry["entry"]) => codec("LogEntry").encode({ entry });
  const longPath = Array.from({ length: 33 }, () => ({ isLeft: false, sibling: hash(1) }));

  refusals([
    ["WRONG_ROOT", "another entry", () => transaction({ entry: entries[0]! })],
    ["WRONG_ROOT", "another receipt", () => transaction({ receipt: other.receipt })],
    ["WRONG_ROOT", "a path of 33 steps", () => transaction({ entryPath: longPath })],
    ["WRONG_ROOT", "a path of 33 steps that leads there", () => deep()],
    ["WRONG_KEY", "another id", () => transaction({ transactionId: hash(1) })],
    [
      "UNRELATED_RECEIPT",
      "another transaction's receipt",
      () => transaction({ receipt: other.receipt, receiptPath: other.receiptPath }),
    ],
    [
      "UNRELATED_RECEIPT",
      "of no entry of the block",
      () => ofLeaves(good.entry, good.receipt, { block: late() }),
    ],
    ["WRONG_INDEX", "at another place", () => transaction(shifted())],
    ["WRONG_VALUE", "a cut", () => ofLeaves(entryOf({ "rustorium.Cut": { height: 1 } }), good.receipt)],
    ["TRUNCATED", "an entry cut", () => ofLeaves(good.entry.subarray(0, -1), good.receipt)],
    ["OVERSIZED", "a receipt with more", () => ofLeaves(good.entry, Buffer.concat([good.receipt, hash(0)]))],
  ]);

  /** The receipt below a root of 33 levels. */
  function deep(): Uint8Array {
    const receiptsRoot = longPath.reduce(
      (below, { sibling }) => sha256(Buffer.of(1), below, sibling),
      leafHash(good.receipt),
    );
    return transaction({ block: sample.certify({ receiptsRoot }), receiptPath: longPath });
  }
  function late() {
    const roots = { entriesRoot: leafHash(good.entry), receiptsRoot: leafHash(good.receipt) };
    return sample.certify({ ...roots, firstSequence: 3, lastSequence: 3 });
  }
  /** The same entries under sequence numbers that begin one lower. */
  function shifted(): Partial<TransactionProof> {
    return { block: sample.certify({ firstSequence: 0, lastSequence: 4 }) };
  }

  it("that is in the log twice doesn't get the other's receipt", () => {
    const twice = new Sample("hybrid-pos", 1);
    const wallet = twice.net.wallet(SHARD);
    const payment = wallet.pay(twice.net.wallet(SHARD, 1), 1n);
    twice.log.submit(payment, wallet.account);
    twice.log.submit(payment, wallet.account);
    const { receipts, receiptBytes, header, digest } = twice.log.cut().block!;
    expect(receipts.map(({ code }) => code)).toEqual(["", "NONCE_USED"]);
    const both = twice.log.records.slice(-3, -1).map(({ value }) => value!.subarray(5));
    const codes = [0, 1].flatMap((entry) =>
      [0, 1].map((receipt) =>
        codeOf(
          verifyProofFile(
            transactionFile({
              transactionId: receipts[0]!.transactionId,
              block: { header, signatures: signaturesOf(twice.net, digest, [1, 2, 3]) },
              entry: both[entry]!,
              entryPath: pathOf(both, entry),
              receipt: receiptBytes[receipt]!,
              receiptPath: pathOf(receiptBytes, receipt),
            }),
            twice.trust,
          ),
        ),
      ),
    );
    expect(codes).toEqual(["taken", "UNRELATED_RECEIPT", "UNRELATED_RECEIPT", "taken"]);
  });
});

describe("a record", () => {
  const entry = sample.logRecord();
  const receipt = sample.receiptRecord();
  const state = sample.stateRecord();
  const removal = sample.removalRecord();
  const { shard, height } = block.header;
  const receiptWith = (change: object) =>
    codec("Receipt").encode({ ...codec("Receipt").decode(receipt.value!)!, ...change });
  const stateWith = (change: object) =>
    codec("StateRecord").encode({ ...codec("StateRecord").decode(state.value!)!, ...change });
  const cut = codec("LogEntry").encode({ entry: { "rustorium.Cut": { height: 1 } } });

  refusals([
    ["WRONG_TOPIC", "of another topic", () => record(entry, { topic: "shard.votes" })],
    ["WRONG_TOPIC", "of a name that every object has", () => record(entry, { topic: "constructor" })],
    ["WRONG_ROOT", "of a topic with another root", () => record(entry, { topic: "shard.state" })],
    ["WRONG_ROOT", "a leaf more", () => record(entry, { leaves: [...entry.leaves, hash(1)] })],
    ["WRONG_ROOT", "nodes for leaves", () => record(entry, { leaves: [merkleRoot(entry.leaves), hash(1)] })],
    ["WRONG_INDEX", "no leaves", () => record(entry, { leaves: [] })],
    ["WRONG_INDEX", "an index beyond", () => record(entry, { index: 5 })],
    ["WRONG_INDEX", "an index below 0", () => record(entry, { index: -1 })],
    ["UNRELATED_LEAF", "another index", () => record(entry, { index: 0 })],
    ["UNRELATED_LEAF", "another entry", () => record(entry, { value: sample.entries[0]! })],
    ["WRONG_KEY", "an entry with a key", () => record(entry, { key: hash(1) })],
    ["WRONG_VALUE", "an entry without a value", () => record(entry, { value: null })],
    ["WRONG_VALUE", "a cut", () => record(entry, { value: cut })],
    ["TRUNCATED", "an entry cut", () => record(entry, { value: entry.value!.subarray(0, -1) })],
    ["WRONG_VALUE", "a receipt without a value", () => record(receipt, { value: null })],
    ["WRONG_KEY", "a receipt with another key", () => record(receipt, { key: hash(1) })],
    [
      "WRONG_SHARD",
      "a receipt of another shard",
      () => record(receipt, { value: receiptWith({ shard: shard + 1 }) }),
    ],
    [
      "WRONG_HEIGHT",
      "a receipt of another height",
      () => record(receipt, { value: receiptWith({ height: height + 1 }) }),
    ],
    [
      "WRONG_BLOCK",
      "a receipt of another block",
      () => record(receipt, { value: receiptWith({ digest: hash(1) }) }),
    ],
    [
      "WRONG_INDEX",
      "a receipt with another index",
      () => record(receipt, { value: receiptWith({ index: 0 }) }),
    ],
    [
      "WRONG_INDEX",
      "a receipt with another count",
      () => record(receipt, { value: receiptWith({ count: 9 }) }),
    ],
    [
      "WRONG_HEIGHT",
      "a state of another height",
      () => record(state, { value: stateWith({ height: height + 1 }) }),
    ],
    [
      "WRONG_BLOCK",
      "a state of another block",
      () => record(state, { value: stateWith({ digest: hash(1) }) }),
    ],
    ["UNRELATED_LEAF", "a state with another key", () => record(state, { key: Buffer.alloc(53, 1) })],
    ["UNRELATED_LEAF", "a state that removes", () => record(state, { value: null })],
    ["WRONG_VALUE", "a removal with a value", () => record(removal, { value: stateWith({ value: null }) })],
    [
      "OVERSIZED",
      "a state with more",
      () => record(state, { value: Buffer.concat([state.value!, hash(0)]) }),
    ],
  ]);

  it("of the log can be a bundle", () => {
    const bundle = codec("LogEntry").encode({
      entry: {
        "rustorium.CrossShardBundle": {
          header: block.header,
          signatures: sample.certify().signatures,
          destination: 0,
          priority: "MEDIUM",
          channelSequence: 1,
          change: null,
          isLast: false,
          messages: block.bundles[0]!.messages as never,
          leafIndex: 0,
          leafCount: 1,
          proof: [hash(1)],
        },
      },
    });
    const leaves = [leafHash(bundle)];
    const certified = sample.certify({ entriesRoot: leaves[0]! });
    expect(codeOfFile(record(entry, { value: bundle, index: 0, leaves, block: certified }))).toBe("taken");
  });

  it("of the state can have a key of any length", () => {
    for (const length of [0, 63, 64, 8_192]) {
      const key = Buffer.alloc(length, 3);
      const leaf = leafHash(codec("StateChange").encode({ key, value: null }));
      const certified = sample.certify({ changesRoot: leaf });
      expect(codeOfFile(record(removal, { key, leaves: [leaf], block: certified }))).toBe("taken");
    }
    expect(keyBytes(keyOfBytes(removal.key))).toEqual(removal.key);
  });
});

describe("these tests", () => {
  reachesItsCodes("blocks");
});
