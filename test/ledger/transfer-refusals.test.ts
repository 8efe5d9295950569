import { describe, expect, test } from "vitest";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import { keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import type { RejectCode } from "../../ledger/reject-reasons.js";
import { ethereumId } from "../../ledger/transaction/ethereum-signature.js";
import {
  NONCE_MAX,
  signEthereum,
  signTransfer,
  type TransferFields,
  transactionIdOf,
} from "../../ledger/transaction/index.js";
import { codec } from "../../schemas/codec.js";
import * as ethereum from "./ethereum-samples.js";
import { fromHex } from "./shared-data.js";
import { CHAIN_ID, codeOf, fields, keyPair, RULES, refusalOf, sender, signBody } from "./transfer-samples.js";

describe("each code of form, limits and signature is reached", () => {
  const other = keyPairFromSeed(Buffer.alloc(32, 9));
  const body = signTransfer(fields, keyPair).body;
  const ORDER = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

  test.each<[RejectCode, Partial<TransferFields>]>([
    ["WRONG_CHAIN_ID", { chainId: CHAIN_ID + 1 }],
    ["ZERO_AMOUNT", { amount: 0n }],
    ["AMOUNT_OVERFLOW", { amount: AMOUNT_LIMIT }],
    ["AMOUNT_OVERFLOW", { amount: -1n }],
    ["AMOUNT_OVERFLOW", { nonce: -1 }],
    ["AMOUNT_OVERFLOW", { nonce: NONCE_MAX + 1 }],
    ["AMOUNT_OVERFLOW", { gasLimit: -1 }],
    ["AMOUNT_OVERFLOW", { gasPrice: -1n }],
    ["AMOUNT_OVERFLOW", { gasPrice: AMOUNT_LIMIT / 21_000n + 1n }],
    ["GAS_LIMIT_TOO_LOW", { gasLimit: 20_999 }],
    ["GAS_LIMIT_TOO_LOW", { gasLimit: 21_015, data: Buffer.of(1) }],
    ["MALFORMED", { validUntil: -1 }],
    ["SENDER_KEY_MISMATCH", { sender: Buffer.alloc(20, 3) }],
    ["TOO_LARGE", { data: Buffer.alloc(4_096) }],
  ])("%s for %o", (code, change) => {
    expect(codeOf(change)).toBe(code);
  });

  test("WRONG_CHAIN_ID for a negative one", () => {
    expect(refusalOf(signBody(codec("TransferBody").encode({ ...full(), chainId: -1 })))?.code).toBe(
      "WRONG_CHAIN_ID",
    );
  });

  test("MALFORMED for a nonce that only BigInt could hold", () => {
    const place = 2 + 40 + 2; // chain id, accounts, amount
    expect(body[place]).toBe(0);
    const nonce = fromHex("feffffffffffffff1f"); // 2^60 - 1
    const large = Buffer.concat([body.subarray(0, place), nonce, body.subarray(place + 1)]);
    expect(refusalOf(signBody(large))?.code).toBe("MALFORMED");
  });

  test("just within the limits they are accepted", () => {
    expect(codeOf({ amount: AMOUNT_LIMIT - 1n })).toBeUndefined();
    expect(codeOf({ nonce: NONCE_MAX })).toBeUndefined();
    expect(codeOf({ gasPrice: (AMOUNT_LIMIT - 1n) / 21_000n })).toBeUndefined();
    expect(codeOf({ gasLimit: 21_016, data: Buffer.of(1) })).toBeUndefined();
  });

  test("TOO_LARGE counts body, key and signature", () => {
    const transaction = signTransfer(fields, keyPair);
    const size = transaction.body.length + 32 + 64;
    expect(refusalOf(transaction, sender, { ...RULES, transactionBytesMax: size })).toBeUndefined();
    expect(refusalOf(transaction, sender, { ...RULES, transactionBytesMax: size - 1 })?.code).toBe(
      "TOO_LARGE",
    );
  });

  test("MALFORMED: bytes missing, bytes behind, key or signature of another length", () => {
    const transaction = signTransfer(fields, keyPair);
    const { publicKey, signature } = transaction;
    for (const changed of [
      signBody(Buffer.alloc(0)),
      signBody(body.subarray(0, -1)),
      signBody(Buffer.concat([body, Buffer.of(0)])),
      { ...transaction, publicKey: publicKey.subarray(1) },
      { ...transaction, signature: signature.subarray(1) },
      { ...transaction, signature: Buffer.concat([signature, Buffer.of(0)]) },
    ]) {
      const refusal = refusalOf(changed);
      expect(refusal?.code).toBe("MALFORMED");
      expect(refusal?.transactionId).toBeUndefined();
    }
  });

  test("NON_CANONICAL: the chain id in a longer varint, the amount with a leading zero", () => {
    const chainId = codec("TransferBody").encode({ ...full(), chainId: 1 });
    expect(chainId[0]).toBe(2); // 1 as zigzag
    expect(refusalOf(signBody(Buffer.concat([Buffer.of(0x82, 0), chainId.subarray(1)])))?.code).toBe(
      "NON_CANONICAL",
    );
    // The amount 5 is the bytes 02 05 (length 1 as zigzag) after chain id (2 bytes) and the two accounts.
    const place = 2 + 40;
    expect(body.subarray(place, place + 2)).toEqual(Buffer.of(2, 5));
    const longer = Buffer.concat([body.subarray(0, place), Buffer.of(4, 0, 5), body.subarray(place + 2)]);
    expect(refusalOf(signBody(longer))?.code).toBe("NON_CANONICAL");
  });

  test("BAD_SIGNATURE: another body's, another key's, another chain's", () => {
    const transaction = signTransfer(fields, keyPair);
    const foreign = { ...signTransfer({ ...fields, sender }, other), publicKey: keyPair.publicKey };
    const later = { ...signTransfer({ ...fields, nonce: 1 }, keyPair), body: transaction.body };
    for (const changed of [foreign, later]) {
      const refusal = refusalOf(changed);
      expect(refusal).toMatchObject({ code: "BAD_SIGNATURE", transactionId: transactionIdOf(changed) });
      expect(refusal?.sender).toBeUndefined();
    }
  });

  test("MALLEABLE_SIGNATURE: S with the group order added", () => {
    const transaction = signTransfer(fields, keyPair);
    const signature = Buffer.from(transaction.signature);
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + ORDER;
    fromHex(s.toString(16).padStart(64, "0")).reverse().copy(signature, 32);
    expect(refusalOf({ ...transaction, signature })?.code).toBe("MALLEABLE_SIGNATURE");
  });

  test("a refusal names id and signer where the signature holds, and no signer where it does not", () => {
    const transaction = signTransfer({ ...fields, amount: 0n }, keyPair);
    const refusal = { code: "ZERO_AMOUNT", transactionId: transactionIdOf(transaction) };
    expect(refusalOf(transaction)).toMatchObject({ ...refusal, sender });
    const forged = { ...transaction, signature: signTransfer(fields, keyPair).signature };
    expect(refusalOf(forged)?.code).toBe("ZERO_AMOUNT");
    expect(refusalOf(forged)?.sender).toBeUndefined();
    const foreign = signTransfer({ ...fields, chainId: 1 }, keyPair);
    expect(refusalOf(foreign)).toMatchObject({ code: "WRONG_CHAIN_ID", sender });
  });

  test("the order: size, form, chain, kind, limits, signature", () => {
    const wrongs: Partial<TransferFields> = {
      sender: Buffer.alloc(20),
      amount: 0n,
      chainId: 1,
      validUntil: -1,
    };
    expect(codeOf({ ...wrongs, data: Buffer.alloc(4_096) })).toBe("TOO_LARGE");
    expect(codeOf(wrongs)).toBe("MALFORMED");
    expect(codeOf({ ...wrongs, validUntil: 0 })).toBe("WRONG_CHAIN_ID");
    expect(codeOf({ ...wrongs, validUntil: 0, chainId: CHAIN_ID })).toBe("ZERO_AMOUNT");
    expect(codeOf({ sender: Buffer.alloc(20) })).toBe("SENDER_KEY_MISMATCH");
    const creation = { ...ethereum.legacy, recipient: Buffer.alloc(0), gasLimit: 0 };
    const created = signEthereum(creation, ethereum.privateKey);
    expect(refusalOf(created, sender, ethereum.RULES)?.code).toBe("CREATION_UNSUPPORTED");
    expect(refusalOf(created)?.code).toBe("WRONG_CHAIN_ID");
    expect(refusalOf(created)?.transactionId).toEqual(ethereumId(created.body));
  });
});

function full() {
  const body = codec("TransferBody").decode(signTransfer(fields, keyPair).body);
  if (!body) throw new Error("the body does not decode");
  return body;
}
