import { describe, expect, it } from "vitest";
import { sha256 } from "../../ledger/crypto/hash.js";
import { signTransfer, transactionIdOf } from "../../ledger/transaction/index.js";
import { encodeRlp, rlpInteger } from "../../ledger/transaction/rlp.js";
import { macMatches } from "../../processors/mac.js";
import type { InputRecord } from "../../processors/stage.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction, ValidatedTransaction } from "../../schemas/generated.js";
import { CHAIN_ID, MAC_KEY, makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import { decoded, inputRecord } from "../support/shard-log.js";

const net = makeTestNetwork({ parameters: { transactionBytesMax: 2_048 } });
const [ed, eth, other] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
const OWN_ID = SCHEMA_IDS.get("transactions")!;
/** A schema in the registry that resolves to ours, and one that doesn't. */
const FOREIGN_ID = 4_711;
const task = new ValidateTask({
  network: "test",
  rules: net.network.rules,
  macKey: MAC_KEY,
  schemaId: OWN_ID,
  foreign: (id) => (id === FOREIGN_ID ? codec("SignedTransaction").decode : undefined),
});
const encode = codec("SignedTransaction").encode;
const PLACE = { partition: 3, offset: 17, timeMs: 1_700_000_123_456 };

function recordOf(value: Buffer | null, key: Buffer | null = null): InputRecord {
  return { ...inputRecord("transactions", null, { ...PLACE, key }), value };
}

function judge(record: InputRecord) {
  const { records } = task.step([record]);
  expect(records).toHaveLength(1);
  return records[0]!;
}

function submit(transaction: SignedTransaction, key: Buffer | null = null) {
  return judge(recordOf(toWire(OWN_ID, encode(transaction)), key));
}

/** An ED25519 transfer by `ed` with a wrong field. */
function transfer(change: Partial<Parameters<typeof signTransfer>[0]>): SignedTransaction {
  return signTransfer(
    { chainId: CHAIN_ID, recipient: other.account, amount: ONE, nonce: 0, ...change },
    ed.keyPair,
  );
}

const good = transfer({});
const goodBytes = encode(good);
const ethereum = (change: Parameters<typeof eth.ethereum>[1] = {}) =>
  eth.ethereum({ recipient: other.account, amount: ONE, nonce: 0, gasPrice: 0n }, change);
const raw = (body: Buffer): SignedTransaction => ({ ...ethereum(), body });
/** The order L of the Ed25519 group, little-endian, added to S. */
const L = Buffer.from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "hex");
function malleated(signature: Buffer): Buffer {
  const changed = Buffer.from(signature);
  for (let index = 0, carry = 0; index < 32; index++) {
    carry += changed[32 + index]! + L[index]!;
    changed[32 + index] = carry & 0xff;
    carry >>= 8;
  }
  return changed;
}
/** A varint with a superfluous last byte: the body's length, which takes one byte here. */
expect(goodBytes[1]).toBeLessThan(0x80);
const longerVarint = Buffer.concat([
  goodBytes.subarray(0, 1),
  Buffer.of(goodBytes[1]! | 0x80, 0),
  goodBytes.subarray(2),
]);
const highS = (() => {
  const order = BigInt("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  // A signed legacy transaction ends with r and s, 33 bytes each with their headers (for this one neither is short).
  const { body } = ethereum();
  expect(body[body.length - 33]).toBe(0xa0);
  const s = order - BigInt(`0x${body.subarray(-32).toString("hex")}`);
  const changed = Buffer.from(body);
  Buffer.from(s.toString(16).padStart(64, "0"), "hex").copy(changed, body.length - 32);
  return raw(changed);
})();

const wire = (bytes: Buffer, id = OWN_ID) => recordOf(toWire(id, bytes));
const BAD_RECORDS: [code: string, what: string, record: InputRecord][] = [
  ["TOMBSTONE", "no value", recordOf(null)],
  ["TOO_LARGE", "a record far above the limit", recordOf(Buffer.alloc(1_000_000))],
  ["TOO_LARGE", "a transaction one byte above the limit", wire(encode(raw(Buffer.alloc(2_049))))],
  ["UNKNOWN_SCHEMA", "a schema id that the registry doesn't know", wire(goodBytes, 99_999)],
  ["MALFORMED", "no wire format", recordOf(Buffer.from("hello"))],
  ["MALFORMED", "an empty value", recordOf(Buffer.alloc(0))],
  ["MALFORMED", "four bytes", recordOf(Buffer.alloc(4))],
  ["MALFORMED", "a wire header alone", wire(Buffer.alloc(0))],
  ["MALFORMED", "bytes after the transaction", wire(Buffer.concat([goodBytes, Buffer.of(0)]))],
  ["MALFORMED", "a transaction cut short", wire(goodBytes.subarray(0, -1))],
  ["MALFORMED", "a scheme that doesn't exist", wire(Buffer.concat([Buffer.of(8), goodBytes.subarray(1)]))],
  ["MALFORMED", "a length of 2^60", wire(Buffer.from("00feffffffffffffff0f", "hex"))],
  ["MALFORMED", "a public key of 31 bytes", wire(encode({ ...good, publicKey: good.publicKey.subarray(1) }))],
  ["MALFORMED", "no RLP", wire(encode(raw(Buffer.from("f8ff0102", "hex"))))],
  ["NON_CANONICAL", "a varint longer than needed", wire(longerVarint)],
];

const BAD_TRANSACTIONS: [code: string, what: string, transaction: SignedTransaction][] = [
  ["WRONG_CHAIN_ID", "ED25519", transfer({ chainId: CHAIN_ID + 1 })],
  ["WRONG_CHAIN_ID", "ETHEREUM", ethereum({ chainId: 1 })],
  ["UNPROTECTED", "no chain id", ethereum({ chainId: undefined } as never)],
  ["BAD_SIGNATURE", "another's signature", { ...good, signature: transfer({ nonce: 1 }).signature }],
  ["BAD_SIGNATURE", "a changed body", { ...good, body: transfer({ amount: 2n * ONE }).body }],
  ["MALLEABLE_SIGNATURE", "ED25519, S + L", { ...good, signature: malleated(good.signature) }],
  ["MALLEABLE_SIGNATURE", "ETHEREUM, high s", highS],
  ["SENDER_KEY_MISMATCH", "another sender", transfer({ sender: other.account })],
  ["ZERO_AMOUNT", "ED25519", transfer({ amount: 0n })],
  ["AMOUNT_OVERFLOW", "10^38", transfer({ amount: 10n ** 38n })],
  ["AMOUNT_OVERFLOW", "a negative amount", transfer({ amount: -1n })],
  ["AMOUNT_OVERFLOW", "a fee of 10^38", transfer({ gasPrice: 10n ** 37n })],
  ["AMOUNT_OVERFLOW", "ETHEREUM, 2^255", ethereum({ amount: 2n ** 255n })],
  ["GAS_LIMIT_TOO_LOW", "ED25519", transfer({ gasLimit: 20_999 })],
  ["GAS_LIMIT_TOO_LOW", "ETHEREUM", ethereum({ gasLimit: 20_999 })],
  ["CREATION_UNSUPPORTED", "no recipient", ethereum({ recipient: Buffer.alloc(0), gasLimit: 100_000 })],
  ["UNKNOWN_TRANSACTION_TYPE", "type 5", raw(Buffer.concat([Buffer.of(5), encodeRlp([rlpInteger(1)])]))],
  ["TIP_ABOVE_FEE_CAP", "EIP-1559", ethereum({ type: "feeMarket", feeMax: 1n, priorityFeeMax: 2n } as never)],
];

describe("validate", () => {
  it("passes on what is authentic, with its place, time, sender, id and MAC, in the same partition", () => {
    for (const [transaction, wallet] of [
      [good, ed],
      [ethereum(), eth],
    ] as const) {
      const output = submit(transaction, wallet.account);
      expect(output).toMatchObject({ topic: "transactions.validated", partition: PLACE.partition });
      expect(output.key).toEqual(wallet.account);
      const value = decoded("ValidatedTransaction", output);
      expect(value).toMatchObject({
        sourcePartition: PLACE.partition,
        sourceOffset: PLACE.offset,
        submittedAt: PLACE.timeMs,
      });
      expect(value.sender).toEqual(wallet.account);
      expect(value.transactionId).toEqual(transactionIdOf(transaction));
      expect(encode(value.transaction)).toEqual(encode(transaction));
      expect(macMatches(output.value!, MAC_KEY)).toBe(true);
    }
  });

  it("takes a record without key, with an empty key, and one written with a foreign schema that fits", () => {
    expect(submit(good).topic).toBe("transactions.validated");
    expect(submit(good, Buffer.alloc(0)).topic).toBe("transactions.validated");
    expect(judge(wire(goodBytes, FOREIGN_ID)).topic).toBe("transactions.validated");
  });

  it.each(BAD_RECORDS)("rejects with %s: %s", (code, _what, record) => {
    const output = judge(record);
    expect(output).toMatchObject({ topic: "transactions.rejected", partition: PLACE.partition });
    expect(decoded("RejectedTransaction", output)).toMatchObject({
      code,
      stage: "validate",
      sourceTopic: "test.transactions",
      sourcePartition: PLACE.partition,
      sourceOffset: PLACE.offset,
      submittedAt: PLACE.timeMs,
      sender: null,
    });
  });

  it.each(BAD_TRANSACTIONS)("rejects with %s and the transaction's id: %s", (code, _what, transaction) => {
    const output = submit(transaction);
    expect(output.topic).toBe("transactions.rejected");
    const value = decoded("RejectedTransaction", output);
    expect(value).toMatchObject({ code, sourcePartition: PLACE.partition, sourceOffset: PLACE.offset });
    if (code === "UNKNOWN_TRANSACTION_TYPE") return;
    expect(value.transactionId).toEqual(transactionIdOf(transaction));
    expect(output.key).toEqual(value.transactionId);
  });

  it("rejects a record whose key isn't the sender, and says who signed", () => {
    const output = submit(good, other.account);
    const value = decoded("RejectedTransaction", output);
    expect(value).toMatchObject({ code: "RECORD_KEY_MISMATCH", transactionId: transactionIdOf(good) });
    expect(value.sender).toEqual(ed.account);
  });

  it("never puts a refusal on the account of someone who didn't sign", () => {
    const unsigned = [
      { ...good, signature: Buffer.alloc(64) },
      { ...transfer({ amount: 0n }), signature: Buffer.alloc(64) },
      transfer({ sender: other.account, amount: 0n }),
    ];
    for (const transaction of unsigned) {
      expect(decoded("RejectedTransaction", submit(transaction)).sender).toBeNull();
    }
    expect(decoded("RejectedTransaction", submit(transfer({ amount: 0n }))).sender).toEqual(ed.account);
  });

  it("gives one output for each record, in order, and resumes after the last", () => {
    const records = BAD_RECORDS.map(([, , record], index) => ({ ...record, offset: 40 + index }));
    const { records: outputs, resumeAt } = task.step([...records, { ...wire(goodBytes), offset: 90 }]);
    const offsets = outputs.map((output) =>
      output.topic === "transactions.rejected"
        ? decoded("RejectedTransaction", output).sourceOffset
        : decoded("ValidatedTransaction", output).sourceOffset,
    );
    expect(offsets).toEqual([...records.map(({ offset }) => offset), 90]);
    expect(resumeAt).toEqual(new Map([["transactions", 91]]));
  });

  it("binds every field and the key by its MAC", () => {
    const output = submit(good);
    const value = decoded("ValidatedTransaction", output);
    const bytesWith = (change: Partial<ValidatedTransaction>) =>
      codec("ValidatedTransaction").encode({ ...value, ...change });
    const changes = [
      { sourcePartition: 2 },
      { sourceOffset: 18 },
      { submittedAt: 1 },
      { sender: other.account },
      { transactionId: sha256(Buffer.of(1)) },
      { transaction: { ...good, signature: Buffer.alloc(64) } },
      { transaction: { ...good, body: transfer({ nonce: 1 }).body } },
      { transaction: { ...good, publicKey: other.account } },
      { transaction: { ...good, scheme: "ETHEREUM" as const } },
    ];
    for (const change of changes) expect(macMatches(bytesWith(change), MAC_KEY)).toBe(false);
    expect(macMatches(output.value!, sha256(Buffer.of(2)))).toBe(false);
    expect(bytesWith({})).toEqual(output.value);
    expect(macMatches(output.value!, MAC_KEY)).toBe(true);
  });
});
