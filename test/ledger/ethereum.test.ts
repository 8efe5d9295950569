import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { authenticate, decodeTransaction, transactionIdOf } from "../../ledger/transaction/index.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { ofRaw, RULES, verdict } from "./ethereum-samples.js";
import { fromHex, hasSharedData, sharedText } from "./shared-data.js";

const TRANSACTIONS = "ethereum/txs.tsv.gz";
const EXPECTED = "ethereum/expected.csv.gz";

interface Expected {
  hash: string;
  type: string;
  chainId: string;
  from: string;
  to: string;
  nonce: string;
  value: string;
  dataLen: string;
}

function realTransactions(): { transaction: SignedTransaction; expected: Expected }[] {
  const raws = sharedText(TRANSACTIONS).trim().split("\n");
  const [head, ...rows] = sharedText(EXPECTED).trim().split("\n");
  const names = head!.split(",");
  return raws.map((line, index) => {
    const cells = rows[index]!.split(",");
    const expected = Object.fromEntries(names.map((name, column) => [name, cells[column]!]));
    return { transaction: ofRaw(fromHex(line.split("\t")[1]!)), expected: expected as unknown as Expected };
  });
}

describe.skipIf(!hasSharedData(TRANSACTIONS) || !hasSharedData(EXPECTED))("18,895 real transactions", () => {
  test("ids, senders and fields are those expected; creations and types 3 and 4 have their codes", () => {
    const wrong: string[] = [];
    const counts: Record<string, number> = {};
    for (const { transaction, expected } of realTransactions()) {
      const decoding = decodeTransaction(transaction, RULES);
      let code = "accepted";
      let sender: Buffer | undefined;
      if (decoding.ok) {
        const authentication = authenticate(transaction, decoding.transaction);
        if (authentication.ok) sender = authentication.sender;
        else code = authentication.refusal.code;
        const { recipient, nonce, amount, chainId, gasLimit, intrinsicGas } = decoding.transaction;
        const fields = [
          `0x${recipient.toString("hex")}`,
          String(nonce),
          String(amount),
          String(chainId ?? ""),
        ];
        if (fields.join() !== [expected.to, expected.nonce, expected.value, expected.chainId].join()) {
          wrong.push(`${expected.hash}: ${fields}`);
        }
        const dataGas = intrinsicGas - 21_000;
        if (dataGas < 4 * Number(expected.dataLen) || gasLimit < intrinsicGas)
          wrong.push(`${expected.hash}: gas`);
      } else {
        code = decoding.refusal.code;
        sender = decoding.refusal.sender;
        if (!decoding.refusal.transactionId?.equals(transactionIdOf(transaction)))
          wrong.push(`${expected.hash}: no id`);
      }
      if (`0x${transactionIdOf(transaction).toString("hex")}` !== expected.hash)
        wrong.push(`${expected.hash}: id`);
      if (`0x${sender?.toString("hex")}` !== expected.from) wrong.push(`${expected.hash}: sender`);
      const key = expected.to === "" && code === "CREATION_UNSUPPORTED" ? code : `${code} ${expected.type}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    expect(wrong).toEqual([]);
    expect(counts).toEqual({
      "accepted 0": 7_486,
      "accepted 1": 44,
      "accepted 2": 11_316,
      CREATION_UNSUPPORTED: 18,
      "BLOB_UNSUPPORTED 3": 27,
      "SET_CODE_UNSUPPORTED 4": 4,
    });
  });

  test("those without chain id need permission, and the others the right chain", () => {
    const wrong: string[] = [];
    for (const { transaction, expected } of realTransactions()) {
      const decoding = decodeTransaction(transaction, { ...RULES, chainId: 2, allowUnprotected: false });
      const code = decoding.ok ? "accepted" : decoding.refusal.code;
      if (code !== (expected.chainId === "" ? "UNPROTECTED" : "WRONG_CHAIN_ID"))
        wrong.push(`${expected.hash} ${code}`);
      // A refusal names the signer too.
      if (!decoding.ok && `0x${decoding.refusal.sender?.toString("hex")}` !== expected.from)
        wrong.push(expected.hash);
    }
    expect(wrong).toEqual([]);
  });

  test("with one byte changed no transaction is its sender's any more, and none throws", () => {
    const real = realTransactions();
    fc.assert(
      fc.property(
        fc.nat(real.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (index, place, change) => {
          const { transaction, expected } = real[index]!;
          const body = Buffer.from(transaction.body);
          body[place % body.length]! ^= change;
          expect(`0x${verdict(ofRaw(body))}`).not.toBe(expected.from);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

test("whatever the bytes, reading does not throw", () => {
  const heads = fc.constantFrom([], [1], [2], [3], [4], [0xf8], [1, 0xf8], [2, 0xf9], [3, 0xff], [4, 0xc9]);
  fc.assert(
    fc.property(heads, fc.uint8Array({ maxLength: 150 }), (head, rest) => {
      expect(verdict(ofRaw(Buffer.from([...head, ...rest])))).toMatch(/^[A-Z_]+$/);
    }),
    { numRuns: 5_000 },
  );
});
