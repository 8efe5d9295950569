import { describe, expect, it } from "vitest";
import { digestOf, voteMessage } from "../../../ledger/block/header.js";
import { signEd25519 } from "../../../ledger/crypto/ed25519.js";
import { accountKey, keyBytes } from "../../../ledger/state/key.js";
import { accountValue, asAccount } from "../../../ledger/state/state.js";
import { encodeStateValue } from "../../../processors/chain/store-layout.js";
import { read } from "../../../processors/read.js";
import type { DifferenceCode } from "../../../processors/verify/difference.js";
import { verifyChain } from "../../../processors/verify/verify-chain.js";
import { codec } from "../../../schemas/codec.js";
import type { TopicName } from "../../../topics/catalogue.js";
import { replay } from "../../support/auditor.js";
import { MemorySource } from "../../support/chain-source.js";
import { signaturesOf } from "../../support/shard-log.js";
import {
  alter,
  differenceIn,
  expectDifference,
  flipped,
  HEIGHT,
  heightOf,
  network,
  partition,
  quiet,
  remove,
  SHARD,
  sound,
  UNFINALISED_MAX,
  wire,
} from "../../support/verified-chain.js";
import { creditTooMuch, WRONG_AMOUNT } from "../../support/wrong-credit.js";

describe("a verifier names what was tampered with", () => {
  it.each<[string, DifferenceCode, (source: MemorySource) => void]>([
    [
      "a certificate without its last signature",
      "CERTIFICATE_INVALID",
      (source) =>
        alter(source, "shard.finalized", "FinalityCertificate", (certificate) =>
          certificate.header.height === HEIGHT
            ? { ...certificate, signatures: certificate.signatures.slice(0, 2) }
            : undefined,
        ),
    ],
    [
      "a wrong signature in a certificate",
      "CERTIFICATE_INVALID",
      (source) =>
        alter(source, "shard.finalized", "FinalityCertificate", (certificate) => {
          if (certificate.header.height !== HEIGHT) return undefined;
          const [first, ...others] = certificate.signatures;
          const signatures = [{ ...first!, signature: flipped(first!.signature) }, ...others];
          return { ...certificate, signatures };
        }),
    ],
    [
      "a certificate that is gone",
      "CERTIFICATE_MISSING",
      (source) => remove(source, "shard.finalized", (record) => heightOf(record) === HEIGHT),
    ],
    [
      "a header that a quorum certified and the log does not give",
      "HEADER_DIFFERS",
      (source) =>
        alter(source, "shard.finalized", "FinalityCertificate", (certificate) => {
          if (certificate.header.height !== HEIGHT) return undefined;
          const header = { ...certificate.header, entriesRoot: flipped(certificate.header.entriesRoot) };
          const digest = digestOf(header);
          const signatures = signaturesOf(sound.net, digest, [1, 2, 3]);
          return { ...certificate, header, digest, signatures, signedStake: 3_000 };
        }),
    ],
    [
      "a header in shard.blocks",
      "HEADER_DIFFERS",
      (source) =>
        alter(source, "shard.blocks", "BlockHeader", (header) =>
          header.height === HEIGHT ? { ...header, receiptsRoot: flipped(header.receiptsRoot) } : undefined,
        ),
    ],
    [
      "a header that is gone",
      "HEADER_DIFFERS",
      (source) => remove(source, "shard.blocks", (record) => heightOf(record) === HEIGHT),
    ],
    [
      "a header that was written again, at the end",
      "HEADER_DIFFERS",
      (source) => {
        const record = source.records("shard.blocks", partition)[HEIGHT - 1]!;
        const header = { ...read("BlockHeader", record)!, time: 1 };
        const value = wire("shard.blocks", codec("BlockHeader").encode(header));
        source.append("shard.blocks", partition, { key: record.key, value });
      },
    ],
    [
      "an amount in a receipt",
      "RECEIPTS_DIFFER",
      (source) =>
        alter(source, "shard.receipts", "Receipt", (receipt) =>
          receipt.height === HEIGHT ? { ...receipt, result: { ...receipt.result, amount: 1n } } : undefined,
        ),
    ],
    [
      "a receipt that is gone",
      "RECEIPTS_DIFFER",
      (source) => {
        const gone = source
          .records("shard.receipts", partition)
          .find((record) => heightOf(record) === HEIGHT);
        remove(source, "shard.receipts", (record) => record === gone);
      },
    ],
    [
      "a receipt that was written again with another amount, long after",
      "RECEIPTS_DIFFER",
      (source) => {
        const record = source
          .records("shard.receipts", partition)
          .find((found) => heightOf(found) === HEIGHT)!;
        const receipt = read("Receipt", record)!;
        const forged = { ...receipt, result: { ...receipt.result, amount: 7n } };
        source.append("shard.receipts", partition, {
          value: wire("shard.receipts", codec("Receipt").encode(forged)),
        });
      },
    ],
    [
      "a changed balance in shard.changes",
      "CHANGES_DIFFER",
      (source) =>
        alter(source, "shard.changes", "BlockChanges", (changes) =>
          changes.height === HEIGHT ? { ...changes, changes: changes.changes.slice(1) } : undefined,
        ),
    ],
    [
      "changes that are gone",
      "CHANGES_DIFFER",
      (source) => remove(source, "shard.changes", (record) => heightOf(record) === HEIGHT),
    ],
    [
      "a second vote for another block",
      "EQUIVOCATION",
      (source) => {
        const records = source.records("shard.votes", partition);
        const vote = read("Vote", records.find((record) => heightOf(record) === HEIGHT)!)!;
        const header = { ...vote.header, time: vote.header.time + 1 };
        const key = sound.net.validatorKeys[vote.validator - 1]!;
        const signature = signEd25519(voteMessage(digestOf(header)), key);
        const value = wire("shard.votes", codec("Vote").encode({ ...vote, header, signature }));
        source.append("shard.votes", partition, { value });
      },
    ],
  ])("%s: %s", async (_, code, tamper) => {
    const source = new MemorySource(sound);
    tamper(source);
    expectDifference(await differenceIn(source), code);
  });

  it("an entry of the log that is changed: its block is not the certified one", async () => {
    const source = new MemorySource(sound);
    const { header } = replay(sound, SHARD).blocks[HEIGHT - 1]!;
    let sequence = header.firstSequence;
    alter(source, "shard.log", "LogEntry", ({ entry }) => {
      if (!("rustorium.UserTransaction" in entry) || sequence-- > 1) return undefined;
      const transaction = entry["rustorium.UserTransaction"];
      return { entry: { "rustorium.UserTransaction": { ...transaction, submittedAt: 1 } } };
    });
    expectDifference(await differenceIn(source), "HEADER_DIFFERS");
  });

  it("one receipt of several that is written again, soon after: RECEIPTS_DIFFER", async () => {
    const source = new MemorySource(sound);
    const records = source.records("shard.receipts", partition);
    const last = records.filter((record) => read("Receipt", record)!.count > 1).at(-1)!;
    source.append("shard.receipts", partition, last);
    const found = await differenceIn(source);
    expectDifference(found, "RECEIPTS_DIFFER", heightOf(last));
    expect(found!.message).toContain("incomplete");
  });

  it("a vote that nobody signed is no equivocation", async () => {
    const source = new MemorySource(sound);
    alter(source, "shard.votes", "Vote", (vote) => {
      const header = { ...vote.header, time: vote.header.time + 1 };
      return vote.header.height === HEIGHT ? { ...vote, header } : undefined;
    });
    expect(await differenceIn(source)).toBeNull();
  });

  describe("in shard.state", () => {
    const top = replay(sound, SHARD).blocks.length;
    const digest = replay(sound, SHARD).blocks.at(-1)!.digest;
    const { account } = sound.net.wallet(SHARD);
    const held = asAccount(replay(sound, SHARD).state.get(accountKey(account)))!;

    it.each<[string, Buffer, Buffer | null]>([
      [
        "a coin that was minted",
        keyBytes(accountKey(account)),
        encodeStateValue(top, digest, accountValue({ ...held, balance: held.balance + 1n })),
      ],
      ["an account that was removed", keyBytes(accountKey(account)), null],
      [
        "an account that nobody made",
        keyBytes(accountKey(Buffer.alloc(20, 9))),
        encodeStateValue(top, digest, accountValue({ balance: 1n, nonce: 0, escrowed: 0n })),
      ],
      [
        "a right value of another block",
        keyBytes(accountKey(account)),
        encodeStateValue(top, Buffer.alloc(32), accountValue(held)),
      ],
    ])("%s: STATE_DIFFERS", async (_, key, bytes) => {
      const source = new MemorySource(sound);
      source.append("shard.state", partition, { key, value: bytes && wire("shard.state", bytes) });
      expectDifference(await differenceIn(source), "STATE_DIFFERS", top);
    });

    it("a value that is gone: STATE_DIFFERS", async () => {
      const source = new MemorySource(sound);
      const key = keyBytes(accountKey(account));
      remove(source, "shard.state", (record) => record.key!.equals(key));
      expectDifference(await differenceIn(source), "STATE_DIFFERS", top);
    });
  });

  it("a record far ahead of the chain holds up nothing behind it", async () => {
    const source = new MemorySource(sound);
    const headers = source.records("shard.blocks", partition);
    const header = { ...read("BlockHeader", headers[0]!)!, height: 1_000_000_000 };
    const value = wire("shard.blocks", codec("BlockHeader").encode(header));
    headers.splice(0, 0, { ...headers[0]!, value });
    // Nor is one out of its turn lost.
    const [late] = headers.splice(4 * UNFINALISED_MAX, 1);
    headers.splice(0, 0, { ...late!, offset: 0 });
    expect(await differenceIn(source)).toBeNull();
    alter(source, "shard.changes", "BlockChanges", (changes) =>
      changes.height === HEIGHT ? { ...changes, height: 2_000_000 } : undefined,
    );
    expectDifference(await differenceIn(source), "CHANGES_DIFFER");
  });

  it.each<[TopicName, DifferenceCode]>([
    ["shard.finalized", "CERTIFICATE_INVALID"],
    ["shard.blocks", "HEADER_DIFFERS"],
    ["shard.receipts", "RECEIPTS_DIFFER"],
    ["shard.changes", "CHANGES_DIFFER"],
    ["shard.state", "STATE_DIFFERS"],
  ])("bytes in %s that nobody can read: %s", async (topic, code) => {
    const source = new MemorySource(sound);
    source.append(topic, partition, { value: Buffer.of(0, 1) });
    expect(await differenceIn(source)).toMatchObject({ code, shard: SHARD });
  });

  it("another genesis at the beginning of the main chain: GENESIS_DIFFERS", async () => {
    const source = new MemorySource(sound);
    const log = source.records("shard.log", network.topology.shard(0).partition);
    const entry = { "rustorium.Genesis": { ...network.genesis, chainId: 1 } };
    log[0] = { ...log[0]!, value: wire("shard.log", codec("LogEntry").encode({ entry })) };
    expect(await differenceIn(source)).toMatchObject({ code: "GENESIS_DIFFERS", shard: 0, offset: 0 });
  });

  it("a rule that makes money, whoever certified it: VALUE_NOT_CONSERVED", async () => {
    const planted = { applyTransaction: creditTooMuch };
    const pipeline = quiet({ plant: creditTooMuch }, WRONG_AMOUNT);
    const source = new MemorySource(pipeline);
    // execute alone has the wrong rule in this pipeline; a verifier that shares it has only the sum to go by.
    for (const { partition: each } of network.topology.shards)
      for (const topic of [
        "shard.finalized",
        "shard.blocks",
        "shard.changes",
        "shard.receipts",
        "shard.state",
      ] as const)
        source.records(topic, each).splice(0);
    const report = await verifyChain(network, source, { planted });
    expect(report).toMatchObject({
      firstDifference: { code: "VALUE_NOT_CONSERVED", height: expect.any(Number) },
    });
  });
});
