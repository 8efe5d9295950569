import { describe, expect, it, vi } from "vitest";
import { verifyProofFile } from "../../verifier/index.js";
import { accountFile, codeOf, recordFile, Sample, shardRootFile, transactionFile } from "./samples.js";

// Tens of thousands of changes are checked here, so a signature is right if it is one of those that were right unchanged:
// nobody can make another. With real signatures: altered-signatures.test.ts.
const right = vi.hoisted(() => ({ known: new Set<string>(), isLearning: true }));
vi.mock("../../verifier/ed25519.js", async (original) => {
  const { verifyEd25519 } = await original<typeof import("../../verifier/ed25519.js")>();
  return {
    verifyEd25519: (...parts: [Uint8Array, Uint8Array, Uint8Array]) => {
      const name = parts.map((part) => Buffer.from(part).toString("hex")).join();
      if (right.isLearning && verifyEd25519(...parts)) right.known.add(name);
      return right.known.has(name);
    },
  };
});

const sample = new Sample();
const single = new Sample("solo", 2);
const { trust } = sample;

const ALL = Array.from({ length: 255 }, (_, index) => index + 1);
const BITS = Array.from({ length: 8 }, (_, bit) => 1 << bit);

const FILES = [
  { name: "a receipt of a small block", by: single, bytes: recordFile(single.receiptRecord()), changes: ALL },
  { name: "a transaction", by: sample, bytes: transactionFile(sample.transaction()), changes: BITS },
  { name: "an entry of the log", by: sample, bytes: recordFile(sample.logRecord()), changes: BITS },
  { name: "a state value", by: sample, bytes: recordFile(sample.stateRecord()), changes: BITS },
  { name: "a removal", by: sample, bytes: recordFile(sample.removalRecord()), changes: BITS },
  { name: "a shard's root", by: sample, bytes: shardRootFile(sample.shardRoot()), changes: [1, 0x80] },
  { name: "an account", by: sample, bytes: accountFile(sample.account()), changes: [1, 0x10, 0x80] },
  ...(["nothing", "other"] as const).map((end) => ({
    name: `an account that has nothing (${end})`,
    by: sample,
    bytes: accountFile(sample.account(sample.absent(end))),
    changes: [2, 0x80],
  })),
];

describe.each(FILES)("the proof of $name", ({ by, bytes, changes }) => {
  it("is refused with any byte changed", { timeout: 240_000 }, () => {
    right.isLearning = true;
    expect(codeOf(verifyProofFile(bytes, by.trust))).toBe("taken");
    right.isLearning = false;
    const altered = new Uint8Array(bytes);
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [...changes, ((bytes[at]! + 1) ^ bytes[at]!) & 0xff]) {
        altered[at] = bytes[at]! ^ change;
        if (verifyProofFile(altered, by.trust).ok) expect.fail(`byte ${at} changed by ${change} is taken`);
      }
      altered[at] = bytes[at]!;
    }
  });

  it("is TRUNCATED at each length, and OVERSIZED with any byte behind", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(codeOf(verifyProofFile(bytes.subarray(0, length), by.trust))).toBe("TRUNCATED");
    for (const more of [0, 1, 255])
      expect(codeOf(verifyProofFile(Buffer.concat([bytes, Buffer.of(more)]), by.trust))).toBe("OVERSIZED");
  });
});

describe("bytes of any kind", () => {
  it("are refused without an exception", () => {
    let seed = 1;
    const next = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed >>> 24;
    };
    for (let count = 0; count < 5_000; count++) {
      const bytes = Uint8Array.from({ length: next() }, next);
      bytes.set([2, (count % 4) * 2].slice(0, bytes.length));
      expect(verifyProofFile(bytes, trust).ok).toBe(false);
    }
  });
});
