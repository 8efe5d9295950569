import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import { verifyEd25519 } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { isRejectCode, REJECT_REASONS } from "../../ledger/reject-reasons.js";
import {
  decodeTransaction,
  NONCE_MAX,
  signTransfer,
  transactionIdOf,
} from "../../ledger/transaction/index.js";
import { fromHex } from "./shared-data.js";
import { fields, keyPair, RULES, refusalOf, sender, signBody } from "./transfer-samples.js";

const transferFields = fc.record({
  amount: fc.bigInt({ min: 1n, max: AMOUNT_LIMIT - 1n }),
  recipient: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  nonce: fc.oneof(fc.nat(), fc.constant(NONCE_MAX)),
  gasLimit: fc.integer({ min: 30_000, max: Number.MAX_SAFE_INTEGER - 1 }),
  gasPrice: fc.bigInt({ min: 0n, max: 10n ** 33n }),
  validUntil: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }),
  priority: fc.constantFrom("HIGH" as const, "MEDIUM" as const, "LOW" as const),
  data: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
});

describe("ED25519 transfers", () => {
  test("come back as they were signed", () => {
    fc.assert(
      fc.property(transferFields, fc.nat(), (some, chainId) => {
        const transaction = signTransfer({ ...some, chainId }, keyPair);
        const rules = { ...RULES, chainId };
        expect(refusalOf(transaction, sender, rules)).toBeUndefined();
        const { data, ...rest } = some;
        const zeros = data.filter((byte) => byte === 0).length;
        const intrinsicGas = 21_000 + 4 * zeros + 16 * (data.length - zeros);
        const fee = BigInt(intrinsicGas) * some.gasPrice;
        expect(decodeTransaction(transaction, rules)).toEqual({
          ok: true,
          transaction: { ...rest, chainId, claimedSender: sender, intrinsicGas, fee },
        });
      }),
    );
  });

  test("sign the domain tag, the chain id in 8 bytes and the body", () => {
    const chainId = 2 ** 40 + 3;
    const { body, signature, publicKey } = signTransfer({ ...fields, chainId }, keyPair);
    const message = Buffer.concat([
      Buffer.from("rustorium/transfer/v1\0"),
      fromHex("0000010000000003"),
      body,
    ]);
    expect(verifyEd25519(signature, message, publicKey)).toBe(true);
  });

  test("have the SHA-256 of tag, key, signature and body as id", () => {
    const transaction = signTransfer(fields, keyPair);
    const { publicKey, signature, body } = transaction;
    const tag = Buffer.from("rustorium/transaction/v1\0");
    expect(transactionIdOf(transaction)).toEqual(sha256(Buffer.concat([tag, publicKey, signature, body])));
    // Frozen: who changes a byte of what is signed or hashed changes the network.
    expect(transactionIdOf(transaction).toString("hex")).toMatchInlineSnapshot(
      `"5fbe1b73d41fb33f0309c7a1371b425f4365e2683653611d9db6b31efa201a01"`,
    );
  });

  test("with any byte changed are nobody's", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("body" as const, "publicKey" as const, "signature" as const),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (part, place, change) => {
          const transaction = signTransfer({ ...fields, data: Buffer.from("data") }, keyPair);
          const bytes = Buffer.from(transaction[part]);
          bytes[place % bytes.length]! ^= change;
          expect(refusalOf({ ...transaction, [part]: bytes })).toBeDefined();
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("of noise are refused without a throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expect(refusalOf(signBody(Buffer.from(bytes)))).toBeDefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

test("reject codes are stable: who reads them breaks when one is renamed", () => {
  expect(Object.keys(REJECT_REASONS).sort()).toMatchInlineSnapshot(`
    [
      "AMOUNT_OVERFLOW",
      "BAD_SIGNATURE",
      "BALANCE_OVERFLOW",
      "BLOB_UNSUPPORTED",
      "CREATION_UNSUPPORTED",
      "DEADLINE_PASSED",
      "EXPIRED",
      "GAS_LIMIT_TOO_LOW",
      "INSUFFICIENT_BALANCE",
      "MALFORMED",
      "MALLEABLE_SIGNATURE",
      "NONCE_GAP",
      "NONCE_USED",
      "NON_CANONICAL",
      "RECORD_KEY_MISMATCH",
      "SENDER_KEY_MISMATCH",
      "SET_CODE_UNSUPPORTED",
      "TIP_ABOVE_FEE_CAP",
      "TOMBSTONE",
      "TOO_LARGE",
      "UNKNOWN_SCHEMA",
      "UNKNOWN_TRANSACTION_TYPE",
      "UNPROTECTED",
      "WRONG_CHAIN_ID",
      "ZERO_AMOUNT",
    ]
  `);
  expect(isRejectCode("NONCE_GAP")).toBe(true);
  expect(isRejectCode("toString")).toBe(false);
});
