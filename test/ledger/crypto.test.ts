import { createHash } from "node:crypto";
import { blake2b } from "@noble/hashes/blake2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isMalleableEd25519,
  keyPairFromSeed,
  signEd25519,
  verifyEd25519,
} from "../../ledger/crypto/ed25519.js";
import { constantTimeEquals, keccak256, keyedHash, sha256 } from "../../ledger/crypto/hash.js";
import {
  publicKeyFromPrivate,
  recoverPublicKey,
  signatureFault,
  signRecoverable,
} from "../../ledger/crypto/secp256k1.js";
import { fromHex, hasSharedData, sharedJson } from "./shared-data.js";

interface WycheproofFile<Key> {
  testGroups: { publicKey: Key; tests: { tcId: number; msg: string; sig: string; result: string }[] }[];
}

const SPECCHECK = "vectors/ed25519-speccheck/cases.json";
const WYCHEPROOF_ED25519 = "vectors/wycheproof/ed25519_test.json";

describe("hashes", () => {
  const bytes = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 });

  test("known answers", () => {
    const abc = Buffer.from("abc");
    expect(sha256(abc).toString("hex")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(sha256(Buffer.alloc(0)).toString("hex")).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    expect(keccak256(Buffer.alloc(0)).toString("hex")).toBe(
      "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    );
    expect(keccak256(abc).toString("hex")).toBe(
      "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    );
  });

  test("are those of other libraries, however the input is cut", () => {
    fc.assert(
      fc.property(bytes, fc.uint8Array({ minLength: 32, maxLength: 32 }), (parts, key) => {
        const joined = Buffer.concat(parts);
        expect(sha256(...parts)).toEqual(createHash("sha256").update(joined).digest());
        expect(keccak256(...parts)).toEqual(Buffer.from(keccak_256(joined)));
        expect(keyedHash(key, ...parts)).toEqual(Buffer.from(blake2b(joined, { dkLen: 32, key })));
      }),
    );
  });

  test("of long inputs and of views into a larger buffer", () => {
    const large = Buffer.alloc(200_000, "0123456789");
    const view = large.subarray(3, 150_000);
    expect(keccak256(view)).toEqual(Buffer.from(keccak_256(Uint8Array.from(view))));
    expect(sha256(view)).toEqual(createHash("sha256").update(view).digest());
  });

  test("a digest stays as it is when the next is made", () => {
    const first = keccak256(Buffer.from("first"));
    const copy = Buffer.from(first);
    keccak256(Buffer.from("second"));
    expect(first).toEqual(copy);
  });

  test("a key of another length is a fault", () => {
    expect(() => keyedHash(Buffer.alloc(31), Buffer.alloc(1))).toThrow(RangeError);
  });

  test("constantTimeEquals", () => {
    expect(constantTimeEquals(Buffer.of(1, 2), Buffer.of(1, 2))).toBe(true);
    expect(constantTimeEquals(Buffer.of(1, 2), Buffer.of(1, 3))).toBe(false);
    expect(constantTimeEquals(Buffer.of(1, 2), Buffer.of(1, 2, 3))).toBe(false);
    expect(constantTimeEquals(Buffer.alloc(0), Buffer.alloc(0))).toBe(true);
  });
});

describe("Ed25519", () => {
  test("RFC 8032, section 7.1, test 2", () => {
    const keyPair = keyPairFromSeed(
      fromHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
    );
    expect(keyPair.publicKey.toString("hex")).toBe(
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    );
    const signature = signEd25519(Buffer.of(0x72), keyPair);
    expect(signature.toString("hex")).toBe(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    expect(verifyEd25519(signature, Buffer.of(0x72), keyPair.publicKey)).toBe(true);
    expect(verifyEd25519(signature, Buffer.of(0x73), keyPair.publicKey)).toBe(false);
  });

  test("wrong lengths do not verify and do not throw", () => {
    const keyPair = keyPairFromSeed(Buffer.alloc(32, 1));
    const message = Buffer.from("message");
    const signature = signEd25519(message, keyPair);
    expect(verifyEd25519(Buffer.concat([signature, Buffer.of(0)]), message, keyPair.publicKey)).toBe(false);
    expect(verifyEd25519(signature.subarray(1), message, keyPair.publicKey)).toBe(false);
    expect(verifyEd25519(signature, message, keyPair.publicKey.subarray(1))).toBe(false);
    expect(() => keyPairFromSeed(Buffer.alloc(31))).toThrow(RangeError);
  });

  test.skipIf(!hasSharedData(WYCHEPROOF_ED25519))("Wycheproof", () => {
    const file = sharedJson<WycheproofFile<{ pk: string }>>(WYCHEPROOF_ED25519);
    const wrong: number[] = [];
    let checked = 0;
    for (const { publicKey, tests } of file.testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        checked++;
        const holds = verifyEd25519(fromHex(sig), fromHex(msg), fromHex(publicKey.pk));
        if (holds !== (result === "valid")) wrong.push(tcId);
      }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBe(70);
  });

  // The rule in ledger/crypto/ed25519.ts; another version of libsodium with other verdicts would fork the network.
  test.skipIf(!hasSharedData(SPECCHECK))(
    "ed25519-speccheck: only vector 3 holds; 6 and 7 are malleable",
    () => {
      const cases = sharedJson<{ message: string; pub_key: string; signature: string }[]>(SPECCHECK);
      const verdicts = cases.map(({ signature, message, pub_key }) =>
        verifyEd25519(fromHex(signature), fromHex(message), fromHex(pub_key)) ? "V" : "X",
      );
      expect(verdicts.join("")).toBe("XXXVXXXXXXXX");
      const malleable = cases.map(({ signature }) => (isMalleableEd25519(fromHex(signature)) ? "M" : "-"));
      expect(malleable.join("")).toBe("------MM----");
    },
  );
});

describe("secp256k1", () => {
  const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const scalar = (value: bigint) => fromHex(value.toString(16).padStart(64, "0"));
  const digest = sha256(Buffer.from("digest"));
  const privateKey = Buffer.alloc(32, 1);
  const { signature, recoveryId } = signRecoverable(digest, privateKey);

  test("the public key of a private key comes back from its signature", () => {
    // The generator itself (SEC 2): the key of 1.
    expect(publicKeyFromPrivate(scalar(1n)).toString("hex")).toBe(
      "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" +
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
    );
    expect(recoverPublicKey(digest, signature, recoveryId)).toEqual(publicKeyFromPrivate(privateKey));
    expect(recoverPublicKey(digest, signature, recoveryId === 0 ? 1 : 0)).not.toEqual(
      publicKeyFromPrivate(privateKey),
    );
  });

  test("r and s out of range and a high s are refused", () => {
    const r = BigInt(`0x${signature.toString("hex", 0, 32)}`);
    const s = BigInt(`0x${signature.toString("hex", 32)}`);
    const verdict = (left: bigint, right: bigint) => {
      const other = Buffer.concat([scalar(left), scalar(right)]);
      return [signatureFault(other), recoverPublicKey(digest, other, recoveryId) !== undefined];
    };
    expect(verdict(r, s)).toEqual([undefined, true]);
    expect(verdict(r, ORDER - s)).toEqual(["HIGH_S", false]);
    expect(verdict(r, ORDER / 2n)).toEqual([undefined, true]);
    expect(verdict(r, ORDER / 2n + 1n)).toEqual(["HIGH_S", false]);
    for (const wrong of [0n, ORDER, ORDER + 1n, 2n ** 256n - 1n]) {
      expect(verdict(wrong, s)).toEqual(["RANGE", false]);
      expect(verdict(r, wrong)).toEqual(["RANGE", false]);
    }
    expect(verdict(5n, s)).toEqual([undefined, false]); // no point has x = 5
    expect(signatureFault(signature.subarray(1))).toBe("RANGE");
  });

  test("before EIP-2 a high s was taken, and recovers the same key with the other parity", () => {
    const s = BigInt(`0x${signature.toString("hex", 32)}`);
    const high = Buffer.concat([signature.subarray(0, 32), scalar(ORDER - s)]);
    expect(recoverPublicKey(digest, high, recoveryId === 0 ? 1 : 0, true)).toEqual(
      publicKeyFromPrivate(privateKey),
    );
  });

  for (const [name, algorithm, highS] of [
    ["ecdsa_secp256k1_sha256_p1363_test", "sha256", 37],
    ["ecdsa_secp256k1_sha512_p1363_test", "sha512", 46],
  ] as const) {
    const path = `vectors/wycheproof/${name}.json`;
    // ECDSA itself accepts a high s; the rule here is EIP-2 and does not.
    test.skipIf(!hasSharedData(path))(`Wycheproof ${name}`, () => {
      const file = sharedJson<WycheproofFile<{ uncompressed: string }>>(path);
      const wrong: string[] = [];
      let refusedForHighS = 0;
      for (const { publicKey, tests } of file.testGroups) {
        for (const { tcId, msg, sig, result } of tests) {
          const hash = createHash(algorithm).update(fromHex(msg)).digest().subarray(0, 32);
          const recovered = ([0, 1] as const).map((id) =>
            recoverPublicKey(hash, fromHex(sig), id)?.toString("hex"),
          );
          const holds = recovered.includes(publicKey.uncompressed);
          if (holds === (result === "valid")) continue;
          if (!holds && signatureFault(fromHex(sig)) === "HIGH_S") refusedForHighS++;
          else wrong.push(`${tcId}: ${result}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(refusedForHighS).toBe(highS);
    });
  }
});
