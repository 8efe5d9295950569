import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authenticate,
  decodeTransaction,
  signEthereum,
  transactionIdOf,
} from "../../ledger/transaction/index.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import {
  GWEI,
  legacy,
  listed,
  market,
  ONE_ETHER,
  ofRaw,
  privateKey,
  RULES,
  recipient,
  sender,
  verdict,
} from "./ethereum-samples.js";
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
  test("ids, senders and fields are those expected; creations and types 3 and 4 have their codes", {
    timeout: 120_000,
  }, () => {
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
    for (const { transaction, expected } of realTransactions().filter((_, index) => index % 4 === 0)) {
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
      { numRuns: 1_000 },
    );
  });
});

describe("signing and reading", () => {
  test("the example of EIP-155, byte for byte", () => {
    const signed = signEthereum(
      {
        type: "legacy",
        chainId: 1,
        nonce: 9,
        gasPrice: 20n * GWEI,
        gasLimit: 21_000,
        recipient,
        amount: ONE_ETHER,
      },
      privateKey,
    );
    expect(signed.body.toString("hex")).toBe(
      "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0" +
        "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a0" +
        "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
    );
    expect(verdict(signed)).toBe("9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
  });

  test("each type comes back with its sender, gas and effective price", () => {
    const dataGas = 4 + 16 + 16;
    const listGas = 2 * 2_400 + 2 * 1_900;
    for (const [fields, gas, price] of [
      [legacy, 21_000 + dataGas, GWEI],
      [listed, 21_000 + dataGas + listGas, GWEI],
      [market, 21_000 + dataGas + listGas, 2n * GWEI],
    ] as const) {
      const signed = signEthereum(fields, privateKey);
      const decoding = decodeTransaction(signed, RULES);
      expect(decoding).toEqual({
        ok: true,
        transaction: {
          chainId: 1,
          claimedSender: undefined,
          recipient,
          amount: ONE_ETHER,
          nonce: 9,
          gasLimit: 60_000,
          intrinsicGas: gas,
          gasPrice: price,
          fee: BigInt(gas) * price,
          validUntil: 0,
          priority: "MEDIUM",
        },
      });
      expect(verdict(signed)).toBe(sender);
    }
  });

  test("whatever the fields, what is signed is read back", () => {
    const numbers = fc.integer({ min: 0, max: 2 ** 45 });
    const wei = fc.bigInt({ min: 0n, max: 10n ** 26n });
    fc.assert(
      fc.property(
        fc.constantFrom("legacy" as const, "accessList" as const, "feeMarket" as const),
        fc.record({ nonce: numbers, amount: wei, data: fc.uint8Array({ maxLength: 100 }) }),
        fc.integer({ min: 1, max: 2 ** 40 }),
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        (type, some, chainId, gasPrice) => {
          const rest = { ...some, recipient, gasLimit: 100_000, chainId };
          const signed = signEthereum(
            type === "feeMarket"
              ? { type, feeMax: gasPrice, priorityFeeMax: gasPrice, ...rest }
              : { type, gasPrice, ...rest },
            privateKey,
          );
          const decoding = decodeTransaction(signed, { ...RULES, chainId });
          const { nonce, amount } = some;
          expect(decoding).toMatchObject({ ok: true, transaction: { nonce, amount, gasPrice, chainId } });
          expect(verdict(signed, { ...RULES, chainId })).toBe(sender);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("price 0 and value 0 are allowed", () => {
    expect(verdict(signEthereum({ ...legacy, gasPrice: 0n, amount: 0n }, privateKey))).toBe(sender);
    expect(verdict(signEthereum({ ...market, feeMax: 0n, priorityFeeMax: 0n }, privateKey))).toBe(sender);
  });

  test("an unprotected transaction names no chain", () => {
    const { chainId: _, ...fields } = legacy;
    const signed = signEthereum(fields, privateKey);
    expect(verdict(signed)).toBe(sender);
    expect(verdict(signed, { ...RULES, allowUnprotected: false })).toBe("UNPROTECTED");
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
