import { describe, expect, test } from "vitest";
import { signEthereum } from "../../ledger/transaction/index.js";
import { encodeRlp, type RlpItem, rlpInteger, rlpListHeader } from "../../ledger/transaction/rlp.js";
import {
  GWEI,
  legacy,
  listed,
  market,
  ofRaw,
  privateKey,
  RULES,
  recipient,
  sender,
  verdict,
  withItems,
} from "./ethereum-samples.js";
import { fromHex } from "./shared-data.js";

describe("refusals", () => {
  const LEGACY = {
    nonce: 0,
    gasPrice: 1,
    gasLimit: 2,
    recipient: 3,
    value: 4,
    data: 5,
    v: 6,
    r: 7,
    s: 8,
  } as const;

  test.each<[string, number, RlpItem]>([
    ["NON_CANONICAL", LEGACY.nonce, Buffer.of(0)],
    ["NON_CANONICAL", LEGACY.value, Buffer.of(0, 1)],
    ["NON_CANONICAL", LEGACY.v, Buffer.of(0, 37)],
    ["NON_CANONICAL", LEGACY.r, Buffer.alloc(32, 0)],
    ["MALFORMED", LEGACY.recipient, Buffer.alloc(19)],
    ["MALFORMED", LEGACY.recipient, Buffer.alloc(21)],
    ["MALFORMED", LEGACY.value, Buffer.alloc(33, 1)],
    ["MALFORMED", LEGACY.s, Buffer.alloc(33, 1)],
    ["MALFORMED", LEGACY.nonce, []],
    ["MALFORMED", LEGACY.data, []],
    ["BAD_SIGNATURE", LEGACY.v, Buffer.alloc(0)],
    ["BAD_SIGNATURE", LEGACY.v, Buffer.of(29)],
    ["BAD_SIGNATURE", LEGACY.v, Buffer.of(34)],
    ["BAD_SIGNATURE", LEGACY.r, Buffer.alloc(0)],
    ["BAD_SIGNATURE", LEGACY.s, Buffer.alloc(0)],
    ["BAD_SIGNATURE", LEGACY.s, Buffer.alloc(32, 0xff)],
    ["WRONG_CHAIN_ID", LEGACY.v, Buffer.of(39)],
    ["WRONG_CHAIN_ID", LEGACY.v, Buffer.alloc(20, 1)],
    ["AMOUNT_OVERFLOW", LEGACY.value, rlpInteger(10n ** 38n)],
    ["AMOUNT_OVERFLOW", LEGACY.nonce, rlpInteger(Number.MAX_SAFE_INTEGER)],
    ["AMOUNT_OVERFLOW", LEGACY.nonce, rlpInteger(2n ** 200n)],
    ["AMOUNT_OVERFLOW", LEGACY.gasLimit, rlpInteger(2n ** 53n)],
    ["AMOUNT_OVERFLOW", LEGACY.gasPrice, rlpInteger(10n ** 34n)],
    ["GAS_LIMIT_TOO_LOW", LEGACY.gasLimit, rlpInteger(21_035)],
    ["CREATION_UNSUPPORTED", LEGACY.recipient, Buffer.alloc(0)],
  ])("%s for item %i of a legacy transaction", (code, place, item) => {
    const transaction = withItems(legacy, (items) => items.splice(place, 1, item));
    expect(verdict(transaction)).toBe(code);
  });

  test("a wrong number of items, bytes behind, and no list are MALFORMED", () => {
    for (const fields of [legacy, listed, market]) {
      expect(verdict(withItems(fields, (items) => items.push(Buffer.of(1))))).toBe("MALFORMED");
      expect(verdict(withItems(fields, (items) => items.pop()))).toBe("MALFORMED");
      const { body } = signEthereum(fields, privateKey);
      expect(verdict(ofRaw(Buffer.concat([body, Buffer.of(0)])))).toBe("MALFORMED");
      expect(verdict(ofRaw(body.subarray(0, -1)))).toBe("MALFORMED");
    }
    for (const hex of ["", "80", "02", "0280", "01c0", "c0", "03", "0380", "03c0", "04c101", "83646f67"]) {
      expect(verdict(ofRaw(fromHex(hex))), hex).toBe("MALFORMED");
    }
  });

  test("longer headers than needed are NON_CANONICAL", () => {
    const { body } = signEthereum(legacy, privateKey);
    const list = Buffer.concat([Buffer.of(0xf9, 0), body.subarray(1)]);
    expect(verdict(ofRaw(list))).toBe("NON_CANONICAL");
    expect(verdict(ofRaw(Buffer.concat([Buffer.of(3), list])))).toBe("NON_CANONICAL");
  });

  test.each<[string, RlpItem]>([
    ["a string", Buffer.of(1)],
    ["a string as an entry", [Buffer.alloc(20)]],
    ["no keys", [[recipient]]],
    ["a short address", [[Buffer.alloc(19), []]]],
    ["a list as address", [[[], []]]],
    ["keys that are a string", [[recipient, Buffer.alloc(32)]]],
    ["a short key", [[recipient, [Buffer.alloc(32), Buffer.alloc(31)]]]],
    ["a key that is a list", [[recipient, [[]]]]],
    ["a third item", [[recipient, [], []]]],
    ["an empty entry", [[]]],
  ])("an access list with %s is MALFORMED", (_name, list) => {
    expect(verdict(withItems(listed, (items) => items.splice(7, 1, list)))).toBe("MALFORMED");
    expect(verdict(withItems(market, (items) => items.splice(8, 1, list)))).toBe("MALFORMED");
  });

  // The outer list only skips over the access list, so that what is wrong inside shows nowhere else.
  const address = `94${"35".repeat(20)}`;
  test.each([
    ["NON_CANONICAL", "a key", `d9d8${address}c28100`],
    ["NON_CANONICAL", "an address", "c4c38100c0"],
    ["NON_CANONICAL", "an entry", "c28100"],
    ["NON_CANONICAL", "an entry's header", "c2f800"],
    ["MALFORMED", "a key cut short", `d9d8${address}c2a000`],
    ["MALFORMED", "an address cut short", "c2c194"],
    ["MALFORMED", "an entry cut short", "c1d7"],
  ])("%s for %s in an access list", (code, _name, hex) => {
    const marker = Buffer.from("the access list");
    const { body } = withItems(listed, (items) => items.splice(7, 1, marker));
    const items = body.subarray(3);
    const place = items.indexOf(marker) - 1;
    const changed = Buffer.concat([
      items.subarray(0, place),
      fromHex(hex),
      items.subarray(place + 1 + marker.length),
    ]);
    const raw = Buffer.concat([Buffer.of(1), rlpListHeader(changed.length), changed]);
    expect(verdict(ofRaw(raw))).toBe(code);
  });

  test("a high s is MALLEABLE_SIGNATURE", () => {
    const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    for (const fields of [legacy, listed, market]) {
      const altered = withItems(fields, (items) => {
        const s = BigInt(`0x${Buffer.from(items.at(-1) as Uint8Array).toString("hex")}`);
        const v = Number(`0x${Buffer.from(items.at(-3) as Uint8Array).toString("hex") || "0"}`);
        items.splice(-1, 1, rlpInteger(ORDER - s));
        items.splice(-3, 1, rlpInteger(fields.type === "legacy" ? 75 - v : 1 - v));
      });
      expect(verdict(altered)).toBe("MALLEABLE_SIGNATURE");
    }
  });

  test("types by their first byte; blob and set-code transactions of another chain are of the wrong chain", () => {
    expect(verdict(ofRaw(fromHex("05c0")))).toBe("UNKNOWN_TRANSACTION_TYPE");
    expect(verdict(ofRaw(fromHex("00c0")))).toBe("UNKNOWN_TRANSACTION_TYPE");
    const fields = (chainId: number, count: number) =>
      encodeRlp([rlpInteger(chainId), ...Array.from({ length: count - 1 }, () => Buffer.of(1))]);
    expect(verdict(ofRaw(Buffer.concat([Buffer.of(3), fields(1, 14)])))).toBe("BLOB_UNSUPPORTED");
    expect(verdict(ofRaw(Buffer.concat([Buffer.of(4), fields(1, 13)])))).toBe("SET_CODE_UNSUPPORTED");
    expect(verdict(ofRaw(Buffer.concat([Buffer.of(4), fields(2, 13)])))).toBe("WRONG_CHAIN_ID");
    expect(verdict(ofRaw(Buffer.concat([Buffer.of(4), fields(1, 14)])))).toBe("MALFORMED");
    const zero = encodeRlp([Buffer.of(0, 1), ...Array.from({ length: 12 }, () => Buffer.of(1))]);
    expect(verdict(ofRaw(Buffer.concat([Buffer.of(4), zero])))).toBe("NON_CANONICAL");
    const withBlobs = encodeRlp([[Buffer.of(1)], [], [], []]);
    expect(verdict(ofRaw(Buffer.concat([Buffer.of(3), withBlobs])))).toBe("BLOB_UNSUPPORTED");
  });

  test("others: tip above the cap, y parity of 2, a key beside the transaction, too large", () => {
    expect(verdict(signEthereum({ ...market, priorityFeeMax: 6n * GWEI }, privateKey))).toBe(
      "TIP_ABOVE_FEE_CAP",
    );
    expect(verdict(withItems(market, (items) => items.splice(9, 1, Buffer.of(2))))).toBe("BAD_SIGNATURE");
    const signed = signEthereum(legacy, privateKey);
    expect(verdict({ ...signed, publicKey: Buffer.of(1) })).toBe("MALFORMED");
    expect(verdict({ ...signed, signature: Buffer.of(1) })).toBe("MALFORMED");
    expect(verdict(signed, { ...RULES, transactionBytesMax: signed.body.length })).toBe(sender);
    expect(verdict(signed, { ...RULES, transactionBytesMax: signed.body.length - 1 })).toBe("TOO_LARGE");
  });
});
