import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { EMPTY_ROOT, leafHash, merkleProof, merkleRoot } from "../../ledger/merkle.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { codec } from "../../schemas/codec.js";
import { seeded } from "../../simulator/kernel/random.js";
import { rootByPath, rootOf } from "../../simulator/model/merkle.js";
import { avro } from "../../simulator/model/schemas.js";
import { sha256 } from "../../simulator/model/sha256.js";
import { makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { Expectation, submitOne } from "../support/load.js";
import { CRASH_POINTS } from "../support/slot.js";
import { creditTooMuch, WRONG_AMOUNT } from "../support/wrong-credit.js";
import { type AuditOptions, auditHistory, intentOf, RecordedPipeline, storesOf } from "./audited.js";

/** Audits what a pipeline wrote. */
function audit(pipeline: RecordedPipeline, change: Partial<AuditOptions> = {}) {
  const { net, history } = pipeline;
  const intents = pipeline.topics.all("transactions").map((record) => intentOf(net, record));
  const end = { healedAtMs: pipeline.nowMs, stores: storesOf(pipeline), cold: "seen" } as const;
  return auditHistory({ net, history, intents, end, ...change });
}

/** A network under load in which steps come in any order, and tasks die and lose stores where asked. */
function underLoad(seed: number, disturbed: boolean): RecordedPipeline {
  const chance = seeded(seed);
  const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: 5, unfinalisedBlocksMax: 3 } });
  const pipeline = new RecordedPipeline(net);
  const crashes = () =>
    disturbed && chance(15) === 0 ? CRASH_POINTS[chance(CRASH_POINTS.length)] : undefined;
  for (let count = 0; count < 40; count++) {
    submitOne(pipeline, net, chance, new Expectation());
    if (disturbed && chance(3) === 0) {
      const slot = pipeline.slots[chance(pipeline.slots.length)]!;
      if (chance(2) === 0) slot.loseStore(chance(2) === 0 ? 1 + chance(5) : undefined);
      else slot.loseCommits(chance(2) === 0 ? 1 + chance(5) : Number.MAX_SAFE_INTEGER);
    }
    if (chance(3) > 0) pipeline.runUntilQuiet({ chance, crashes, steps: chance(60) });
  }
  pipeline.runUntilQuiet({ chance, crashes });
  pipeline.runUntilQuiet({ chance });
  return pipeline;
}

describe("the model finds nothing wrong", () => {
  it.each([1, 2, 3, 4])("with stages in any order, seed %i", (seed) => {
    const { model, violations } = audit(underLoad(seed, false));
    expect(violations).toEqual([]);
    expect(model.counts.certified).toBeGreaterThan(10);
    expect(model.counts.settled).toBeGreaterThan(5);
  });

  it.each([5, 6, 7, 8, 9, 10])("with crashes, lost stores and lost commits, seed %i", (seed) => {
    expect(audit(underLoad(seed, true)).violations).toEqual([]);
  });

  it("whenever intents come", () => {
    const pipeline = underLoad(11, false);
    const { model, violations } = audit(pipeline, { intentsLast: true });
    expect(violations).toEqual([]);
    expect(model.counts.certified).toBe(model.counts.blocks);
  });

  it("with records in the log that have no effect", () => {
    const net = makeTestNetwork({ shards: 2 });
    const pipeline = new RecordedPipeline(net);
    const [a, b, c] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
    pipeline.pay(a, c, ONE);
    pipeline.pay(b, c, ONE);
    pipeline.runUntilQuiet({ steps: 40 });
    const forged = [a.pay(b, ONE), b.pay(a, ONE)].map((transaction) => ({
      sourcePartition: 3,
      sourceOffset: 7,
      submittedAt: 0,
      sender: transaction.scheme === "ED25519" ? b.account : a.account,
      transactionId: transactionIdOf(transaction),
      transaction,
      mac: Buffer.alloc(32),
    }));
    for (const entry of forged) pipeline.appendLog(1, { entry: { "rustorium.UserTransaction": entry } });
    pipeline.appendLog(1, { entry: { "rustorium.Cut": { height: 40 } } });
    pipeline.topics.append("shard.log", 1, null, Buffer.from("junk"));
    pipeline.topics.append("shard.log", 2, null, Buffer.from("\0\0\0\0\0long junk"));
    pipeline.topics.append("shard.log", 2, null, null);
    pipeline.runUntilQuiet();
    for (const partition of [0, 1, 2]) pipeline.redeliver("shard.log", partition);
    pipeline.runUntilQuiet();
    expect(audit(pipeline).violations).toEqual([]);
  });

  it("with transactions that were never acknowledged and are there all the same", () => {
    const net = makeTestNetwork({ shards: 2 });
    const pipeline = new RecordedPipeline(net);
    const [ed25519, ethereum] = [net.wallet(1), net.wallet(1, 1)];
    expect([ed25519.scheme, ethereum.scheme]).toEqual(["ED25519", "ETHEREUM"]);
    const records = [ed25519, ethereum].map((wallet) => pipeline.pay(wallet, net.wallet(2), ONE));
    pipeline.runUntilQuiet();
    expect(audit(pipeline, { intents: [intentOf(net, records[1]!)] }).violations).toEqual([]);
    const signed = codec("SignedTransaction").encode(
      codec("SignedTransaction").decode(records[1]!.value!.subarray(5))!,
    );
    const intent = intentOf(net, records[1]!);
    if (intent.kind !== "transfer") throw new Error("it is a transfer");
    const terms = { ...intent, priority: "MEDIUM" } as const;
    expect(audit(pipeline, { intents: [], signed: [[signed, terms]] }).violations).toEqual([]);
    const found = audit(pipeline, { intents: [] }).violations.map(({ invariant }) => invariant);
    expect(found, "an Ethereum sender that nobody told it").toContain("same-state");
  });
});

describe("the model finds", () => {
  it("a wrong credit planted in execute, and that the network then stands still", () => {
    const net = makeTestNetwork({ shards: 2 });
    const pipeline = new RecordedPipeline(net, { plant: creditTooMuch });
    pipeline.pay(net.wallet(1), net.wallet(1, 1), WRONG_AMOUNT);
    pipeline.runUntilQuiet();
    const found = audit(pipeline).violations.map(({ invariant }) => invariant);
    expect([...new Set(found)].sort()).toEqual([
      "ended-once",
      "lag-zero",
      "same-state",
      "store-equals-topics",
      "value-conserved",
    ]);
  });

  it("a bundle that relay never delivers", () => {
    const net = makeTestNetwork({ shards: 2 });
    const pipeline = new RecordedPipeline(net);
    pipeline.stop("relay");
    pipeline.pay(net.wallet(1), net.wallet(2), ONE);
    pipeline.runUntilQuiet();
    const found = audit(pipeline).violations.map(({ invariant }) => invariant);
    expect(found.sort()).toEqual(["ended-once", "no-escrow-left", "settled-once"]);
  });

  it("validators that lag", () => {
    const net = makeTestNetwork({ shards: 2 });
    const pipeline = new RecordedPipeline(net);
    pipeline.stop("vote-4");
    pipeline.pay(net.wallet(1), net.wallet(1, 1), ONE);
    pipeline.runUntilQuiet();
    expect(audit(pipeline).violations).toMatchObject([{ invariant: "lag-zero" }]);
    const end = { healedAtMs: pipeline.nowMs, stores: [], absent: [4] };
    expect(audit(pipeline, { end }).violations).toEqual([]);
  });
});

describe("the model's own tools", () => {
  it("hash as OpenSSL does", () => {
    for (let length = 0; length < 200; length++) {
      const bytes = Buffer.alloc(length, length);
      const [left, right] = [bytes.subarray(0, length / 3), bytes.subarray(length / 3)];
      expect(sha256(left, right)).toEqual(createHash("sha256").update(bytes).digest());
    }
    const large = Buffer.alloc(200_000, 7);
    expect(sha256(large)).toEqual(createHash("sha256").update(large).digest());
  });

  it("make the ledger's Merkle trees and follow its paths", () => {
    expect(rootOf([])).toEqual(EMPTY_ROOT);
    for (let count = 1; count <= 20; count++) {
      const leaves = Array.from({ length: count }, (_, index) => leafHash(Buffer.of(index)));
      const root = merkleRoot(leaves);
      expect(rootOf(leaves)).toEqual(root);
      leaves.forEach((leaf, index) => {
        const path = merkleProof(leaves, index);
        expect(rootByPath(leaf, index, count, path)).toEqual(root);
        expect(rootByPath(leaf, index, count, [...path, root])?.equals(root)).not.toBe(true);
        if (count > 1) expect(rootByPath(leaf, index, count, path.slice(1))?.equals(root)).not.toBe(true);
      });
    }
  });

  it.each([0n, 1n, 127n, 128n, 255n, 256n, 10n ** 38n - 1n, -1n, -128n, -129n, -(10n ** 37n)])(
    "encode the amount %s, and nothing but its one encoding decodes",
    (balance) => {
      const value = { "rustorium.AccountState": { balance, nonce: 2 ** 53 - 2, escrowed: 0n } };
      const bytes = codec("StateChange").encode({ key: Buffer.alloc(3), value });
      const own = { is: "AccountState", value: { balance, nonce: 2 ** 53 - 2, escrowed: 0n } } as const;
      expect(avro.StateChange.encode({ key: Buffer.alloc(3), value: own })).toEqual(bytes);
      expect(avro.StateChange.decode(bytes)).toEqual({ key: Buffer.alloc(3), value: own });
      for (let at = 0; at < bytes.length; at++) {
        for (const change of [1, 0x80, 0xff]) {
          const other = Buffer.from(bytes);
          other[at] = other[at]! ^ change;
          expect(avro.StateChange.decode(other) === undefined).toBe(
            codec("StateChange").decode(other) === undefined,
          );
        }
        expect(avro.StateChange.decode(bytes.subarray(0, at))).toBe(undefined);
      }
      expect(avro.StateChange.decode(Buffer.concat([bytes, Buffer.of(0)]))).toBe(undefined);
    },
  );
});
