import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accountIdOfEd25519,
  accountIdOfSecp256k1,
  formatAddress,
  parseAddress,
  placementOf,
  SHARD_PATH_CHARACTERS_MAX,
} from "../../ledger/address.js";
import {
  AMOUNT_LIMIT,
  addAmounts,
  formatRus,
  isAmount,
  parseRus,
  subtractAmounts,
} from "../../ledger/amount.js";
import { keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { publicKeyFromPrivate } from "../../ledger/crypto/secp256k1.js";
import { fromHex } from "./shared-data.js";

const accountIds = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const paths = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 })
  .map((path) => path.join("."));

describe("account ids", () => {
  test("of secp256k1 are Ethereum addresses (the well-known first account of Hardhat)", () => {
    const publicKey = publicKeyFromPrivate(
      fromHex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    );
    expect(accountIdOfSecp256k1(publicKey).toString("hex")).toBe("f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    expect(accountIdOfSecp256k1(publicKey.subarray(1))).toEqual(accountIdOfSecp256k1(publicKey));
    expect(() => accountIdOfSecp256k1(publicKey.subarray(2))).toThrow(RangeError);
  });

  test("of Ed25519 are the start of a tagged SHA-256; frozen, since accounts hang on it", () => {
    const { publicKey } = keyPairFromSeed(Buffer.alloc(32));
    const expected = sha256(Buffer.from("rustorium/account/ed25519/v1\0"), publicKey).subarray(0, 20);
    expect(accountIdOfEd25519(publicKey)).toEqual(expected);
    expect(accountIdOfEd25519(publicKey).toString("hex")).toMatchInlineSnapshot(
      `"baeb2dd13e02ddb2691af208d5da0911d2631077"`,
    );
  });

  test("the placement is the SHA-256 of the account id", () => {
    expect(placementOf(Buffer.alloc(20)).toString("hex")).toBe(
      "de47c9b27eb8d300dbb5f2c353e632c393262cf06340c4fa7f1b40c4cbd36f90",
    );
  });
});

describe("addresses", () => {
  test("parse what was formatted", () => {
    fc.assert(
      fc.property(paths, accountIds, (path, accountId) => {
        expect(parseAddress(formatAddress(path, accountId))).toEqual({ ok: true, accountId, path });
      }),
    );
  });

  test("have a fixed form", () => {
    const address = formatAddress("1.2", Buffer.alloc(20, 0xab));
    expect(address).toMatch(/^sh1\.2-(ab){20}-[0-9a-f]{4}$/);
    expect(address).toMatchInlineSnapshot(`"sh1.2-abababababababababababababababababababab-e7d7"`);
  });

  test("a changed character is refused, but for one in 65,536", () => {
    const address = formatAddress("1.2", Buffer.alloc(20, 0x5a));
    let accepted = 0;
    for (let index = 0; index < address.length; index++) {
      for (const character of "0123456789abcdef.-shX") {
        if (character === address[index]) continue;
        if (parseAddress(address.slice(0, index) + character + address.slice(index + 1)).ok) accepted++;
      }
    }
    expect(accepted).toBe(0);
  });

  test("mistyped ones are told from what is no address", () => {
    const address = formatAddress("3", Buffer.alloc(20, 1));
    expect(parseAddress(address.replace("sh3", "sh4"))).toEqual({ ok: false, reason: "CHECKSUM" });
    for (const text of [
      "",
      "sh",
      address.slice(1),
      `${address}0`,
      address.toUpperCase(),
      address.replace("3", "03"),
    ]) {
      expect(parseAddress(text)).toEqual({ ok: false, reason: "FORM" });
    }
  });

  test("a wrong path or account id is a fault of the caller", () => {
    for (const path of [
      "",
      "1.",
      ".1",
      "1..2",
      "01",
      "a",
      "1.0",
      "1".repeat(10),
      "1.".repeat(80).slice(0, -1),
    ]) {
      expect(() => formatAddress(path, Buffer.alloc(20))).toThrow(RangeError);
    }
    expect(() => formatAddress("1", Buffer.alloc(19))).toThrow(RangeError);
    const longest = `1${".1".repeat((SHARD_PATH_CHARACTERS_MAX - 2) / 2)}`;
    expect(parseAddress(formatAddress(longest, Buffer.alloc(20))).ok).toBe(true);
  });

  // The examples of EIP-55.
  test.each([
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
  ])("a bare account id %s", (text) => {
    const accountId = fromHex(text);
    expect(parseAddress(text)).toEqual({ ok: true, accountId, path: undefined });
    expect(parseAddress(text.toLowerCase())).toEqual({ ok: true, accountId, path: undefined });
    expect(parseAddress(text.slice(0, -1)).ok).toBe(false);
  });

  test("a bare account id in mixed case must have the right case", () => {
    const text = "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    expect(parseAddress(text)).toEqual({ ok: false, reason: "CHECKSUM" });
  });
});

describe("amounts", () => {
  test("stay below 10^38 and above 0", () => {
    expect(addAmounts(AMOUNT_LIMIT - 2n, 1n)).toBe(AMOUNT_LIMIT - 1n);
    expect(addAmounts(AMOUNT_LIMIT - 1n, 1n)).toBeUndefined();
    expect(subtractAmounts(5n, 5n)).toBe(0n);
    expect(subtractAmounts(5n, 6n)).toBeUndefined();
    expect([-1n, 0n, AMOUNT_LIMIT - 1n, AMOUNT_LIMIT].map(isAmount)).toEqual([false, true, true, false]);
  });

  test("are written and read in RUS", () => {
    expect(formatRus(10n ** 18n)).toBe("1");
    expect(formatRus(1n)).toBe("0.000000000000000001");
    expect(formatRus(1_500_000_000_000_000_000n)).toBe("1.5");
    expect(formatRus(-1n)).toBe("-0.000000000000000001");
    expect(parseRus("1.5")).toBe(1_500_000_000_000_000_000n);
    for (const text of [
      "",
      ".5",
      "1.",
      "-1",
      "1e3",
      "1.0000000000000000001",
      "100000000000000000000",
      " 1",
      "0x1",
    ]) {
      expect(parseRus(text), text).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: AMOUNT_LIMIT - 1n }), (amount) => {
        expect(parseRus(formatRus(amount))).toBe(amount);
      }),
    );
  });
});
