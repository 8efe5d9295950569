import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyEd25519 as ledgers, signEd25519 } from "../../ledger/crypto/ed25519.js";
import { validatorKey } from "../../simulator/world/network.js";
import { verifyEd25519 } from "../../verifier/ed25519.js";
import { fromHex, hasSharedData, sharedJson } from "../ledger/shared-data.js";

const SPECCHECK = "vectors/ed25519-speccheck/cases.json";
const WYCHEPROOF = "vectors/wycheproof/ed25519_test.json";
const SIGNATURE_BYTES = 64;

describe("the verifier's Ed25519", () => {
  it.skipIf(!hasSharedData(SPECCHECK))(
    "judges ed25519-speccheck as libsodium does: only vector 3 holds",
    () => {
      const cases = sharedJson<{ message: string; pub_key: string; signature: string }[]>(SPECCHECK);
      const verdicts = cases.map(({ signature, message, pub_key }) =>
        verifyEd25519(fromHex(signature), fromHex(message), fromHex(pub_key)) ? "V" : "X",
      );
      expect(verdicts.join("")).toBe("XXXVXXXXXXXX");
    },
  );

  it.skipIf(!hasSharedData(WYCHEPROOF))("judges Wycheproof's vectors as the ledger does", () => {
    const { testGroups } = sharedJson<{
      testGroups: { publicKey: { pk: string }; tests: { msg: string; sig: string; result: string }[] }[];
    }>(WYCHEPROOF);
    let count = 0;
    for (const { publicKey, tests } of testGroups)
      for (const { msg, sig, result } of tests) {
        const [signature, message, key] = [fromHex(sig), fromHex(msg), fromHex(publicKey.pk)];
        // Avro's fixed has no other length.
        if (signature.length !== SIGNATURE_BYTES) continue;
        count += 1;
        expect(verifyEd25519(signature, message, key)).toBe(result === "valid");
        expect(ledgers(signature, message, key)).toBe(result === "valid");
      }
    expect(count).toBeGreaterThan(50);
  });

  it("agrees with libsodium on altered keys, signatures and messages", () => {
    const { publicKey } = validatorKey(1);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.constantFrom("none", "key", "signature", "message"),
        fc.nat(1_000),
        fc.integer({ min: 1, max: 255 }),
        (bytes, what, place, change) => {
          const parts = {
            message: Buffer.from(bytes),
            signature: signEd25519(bytes, validatorKey(1)),
            key: Buffer.from(publicKey),
          };
          if (what !== "none") parts[what][place % parts[what].length]! ^= change;
          const { signature, message, key } = parts;
          const verdict = verifyEd25519(signature, message, key);
          expect(verdict).toBe(ledgers(signature, message, key));
          expect(verdict).toBe(what === "none");
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it("takes no S with the group's order added, and none above", () => {
    const message = Buffer.from("m");
    const signature = signEd25519(message, validatorKey(1));
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    for (const other of [s + order, order, 2n ** 256n - 1n]) {
      const bytes = Buffer.from(other.toString(16).padStart(64, "0"), "hex").reverse();
      const altered = Buffer.concat([signature.subarray(0, 32), bytes]);
      expect(verifyEd25519(altered, message, validatorKey(1).publicKey)).toBe(false);
    }
  });

  it("takes no key that is no point, or of small order", () => {
    const signature = signEd25519(Buffer.from("m"), validatorKey(1));
    for (const key of [Buffer.alloc(32), Buffer.alloc(32, 0xff), Buffer.from([1, ...Buffer.alloc(31)])])
      expect(verifyEd25519(signature, Buffer.from("m"), key)).toBe(false);
  });
});
