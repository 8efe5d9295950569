import { describe, expect, it } from "vitest";
import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import { initialState, totalAllocated } from "../../ledger/genesis/genesis.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { accountKey, keyBytes } from "../../ledger/state/key.js";
import { accountValue, asAccount } from "../../ledger/state/state.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { encodeStateValue } from "../../processors/chain/store-layout.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { ChainReport, Difference, DifferenceCode } from "../../processors/verify/difference.js";
import { verifyChain } from "../../processors/verify/verify-chain.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { Checkpoint, CheckpointCertificate, RecordTypes } from "../../schemas/generated.js";
import { seeded } from "../../simulator/kernel/random.js";
import { makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import type { TopicName } from "../../topics/catalogue.js";
import { replay } from "../support/auditor.js";
import { MemorySource } from "../support/chain-source.js";
import { Pipeline } from "../support/pipeline.js";
import { signaturesOf } from "../support/shard-log.js";
import { creditTooMuch, WRONG_AMOUNT } from "../support/wrong-credit.js";

/** Heights are settled within twice this; more blocks than that are made. */
const UNFINALISED_MAX = 3;
const SHARD = 2;
const HEIGHT = 2;

const parameters = { maximumEntriesPerBlock: 3, unfinalisedBlocksMax: UNFINALISED_MAX };

/** A quiet network with transfers within and across shards, some refused. */
function quiet(options: ConstructorParameters<typeof Pipeline>[1] = {}, amount = ONE): Pipeline {
  const net = makeTestNetwork({ parameters });
  const pipeline = new Pipeline(net, options);
  const chance = seeded(11);
  for (let count = 0; count < 160; count++) {
    const from = net.wallets[chance(net.wallets.length)]!;
    const to = net.wallets[chance(net.wallets.length)]!;
    const nonce = chance(9) === 0 ? { nonce: from.nonce + 5 } : {};
    pipeline.pay(from, to, amount, { gasPrice: BigInt(chance(3)), ...nonce });
  }
  pipeline.runUntilQuiet();
  return pipeline;
}

const sound = quiet();
const { network } = sound.net;
const { partition } = network.topology.shard(SHARD);

async function verify(source: MemorySource): Promise<ChainReport> {
  const report = await verifyChain(network, source);
  if ("code" in report) throw new Error(report.code);
  return report;
}

async function differenceIn(source: MemorySource): Promise<Difference | null> {
  return (await verify(source)).firstDifference;
}

/** Replaces the value of the records that `change` gives another for; how many it did. */
function alter<K extends keyof RecordTypes>(
  source: MemorySource,
  topic: TopicName,
  type: K,
  change: (value: RecordTypes[K]) => RecordTypes[K] | undefined,
  most = 1,
): void {
  let left = most;
  const records = source.records(topic, partition);
  records.forEach((record, index) => {
    const value = left > 0 ? read(type, record) : undefined;
    const changed = value && change(value);
    if (!changed) return;
    left--;
    records[index] = { ...record, value: wire(topic, codec(type).encode(changed)) };
  });
  expect(left, `records of ${topic} that were altered`).toBeLessThan(most);
}

function wire(topic: TopicName, bytes: Buffer): Buffer {
  return toWire(SCHEMA_IDS.get(topic)!, bytes);
}

function remove(source: MemorySource, topic: TopicName, isGone: (record: InputRecord) => boolean): void {
  const records = source.records(topic, partition);
  const kept = records.filter((record) => !isGone(record));
  expect(kept.length).toBeLessThan(records.length);
  records.splice(0, records.length, ...kept);
}

function expectDifference(found: Difference | null, code: DifferenceCode, height = HEIGHT): void {
  expect(found).toMatchObject({ code, shard: SHARD, height });
}

/** Certificates for the state after some of a shard's blocks. */
function checkpoints(heights: readonly number[], change: Partial<Checkpoint> = {}): CheckpointCertificate[] {
  const { prefix } = network.topology.shard(SHARD);
  const tree = new StateTree(prefix);
  tree.apply(encodeChanges(initialState(network, SHARD)));
  const certificates: CheckpointCertificate[] = [];
  for (const { header, digest, encodedChanges } of replay(sound, SHARD).blocks) {
    tree.apply(encodedChanges);
    const { height, time, epoch } = header;
    if (!heights.includes(height)) continue;
    const right = { genesis: network.hash, shard: SHARD, height, block: digest, time, epoch, prefix };
    const checkpoint: Checkpoint = { ...right, stateRoot: tree.root, ...change };
    const signatures = signaturesOf(sound.net, checkpointDigest(checkpoint), [1, 2, 3]);
    certificates.push({ checkpoint, signatures });
  }
  return certificates;
}

describe("a verifier of the whole chain", () => {
  it("finds a sound chain equal in everything, and the value conserved", async () => {
    const report = await verify(new MemorySource(sound));
    expect(report.firstDifference).toBeNull();
    expect(report.value).toEqual({ expected: totalAllocated(network), found: totalAllocated(network) });
    expect(report.checkedSignatures).toBeGreaterThan(160);
    expect(report.shards.map(({ shard }) => shard)).toEqual([0, 1, 2, 3, 4]);
    for (const figures of report.shards) {
      const { blocks, state } = replay(sound, figures.shard);
      expect(blocks.length).toBeGreaterThan(4 * UNFINALISED_MAX);
      expect(figures).toEqual({
        shard: figures.shard,
        blocks: blocks.length,
        entries: blocks.at(-1)!.header.lastSequence,
        certified: blocks.length,
        receiptsCompared: blocks.length,
        changesCompared: blocks.length,
        stateKeys: state.size,
        checkpoints: 0,
      });
    }
  });

  it("finds no difference at whatever moment it looks, and counts what is in flight once", async () => {
    const net = makeTestNetwork({ parameters });
    const pipeline = new Pipeline(net);
    const chance = seeded(5);
    const inEscrow: boolean[] = [];
    for (let count = 0; count < 60; count++) {
      const from = net.wallets[chance(net.wallets.length)]!;
      pipeline.pay(from, net.wallets[chance(net.wallets.length)]!, ONE);
      pipeline.runUntilQuiet({ chance, steps: 25 });
      const report = await verifyChain(net.network, new MemorySource(pipeline));
      expect(report).toMatchObject({ firstDifference: null, value: { found: totalAllocated(net.network) } });
      inEscrow.push(net.wallets.some(({ account, shard }) => escrowedOf(pipeline, account, shard) > 0n));
    }
    expect(inEscrow.filter((held) => held).length).toBeGreaterThan(20);
  });

  function escrowedOf(pipeline: Pipeline, account: Buffer, shard: number): bigint {
    return asAccount(replay(pipeline, shard).state.get(accountKey(account)))?.escrowed ?? 0n;
  }

  it("lets the latest blocks wait for their certificates, and for all that execute writes", async () => {
    const source = new MemorySource(sound);
    for (const topic of ["shard.finalized", "shard.blocks", "shard.changes", "shard.receipts"] as const)
      remove(source, topic, (record) => heightOf(record) > HEIGHT);
    source.records("shard.state", partition).splice(0);
    const report = await verify(source);
    expect(report.firstDifference).toBeNull();
    const compared = { certified: HEIGHT, receiptsCompared: HEIGHT, changesCompared: HEIGHT };
    expect(report.shards[SHARD]).toMatchObject(compared);
  });

  it("compares what retention has left", async () => {
    const source = new MemorySource(sound);
    for (const topic of ["shard.changes", "shard.receipts"] as const)
      remove(source, topic, (record) => heightOf(record) <= HEIGHT);
    source.records("shard.receipts", partition).shift();
    const { firstDifference, shards } = await verify(source);
    expect(firstDifference).toBeNull();
    const { blocks, receiptsCompared, changesCompared } = shards[SHARD]!;
    expect([blocks - changesCompared, blocks - receiptsCompared]).toEqual([HEIGHT, HEIGHT + 1]);
  });

  it("refuses a log whose beginning is gone", async () => {
    const source = new MemorySource(sound);
    source.records("shard.log", partition).shift();
    expect(await verifyChain(network, source)).toEqual({ code: "LOG_TRIMMED", shard: SHARD, firstOffset: 1 });
  });

  it("takes a header and receipts that execute wrote wrongly and then corrected", async () => {
    const source = new MemorySource(sound);
    const headers = source.records("shard.blocks", partition);
    const right = headers[HEIGHT - 1]!;
    alter(source, "shard.blocks", "BlockHeader", (header) =>
      header.height === HEIGHT ? { ...header, time: header.time + 1 } : undefined,
    );
    const { offset } = headers[HEIGHT + 2]!;
    headers.splice(HEIGHT + 3, 0, { ...right, offset });
    source.append("shard.receipts", partition, otherBlocks("shard.receipts", "Receipt"));
    expect(await differenceIn(source)).toBeNull();
  });

  /** A record of the height that names another digest. */
  function otherBlocks(topic: TopicName, type: "Receipt"): InputRecord {
    const record = sound.topics.records(topic, partition).find((found) => heightOf(found) === HEIGHT)!;
    const value = { ...read(type, record)!, digest: Buffer.alloc(32, 1) };
    return { ...record, value: wire(topic, codec(type).encode(value)) };
  }
});

/** Height that a record of a topic by height is about. */
function heightOf(record: InputRecord): number {
  switch (record.topic) {
    case "shard.receipts":
      return read("Receipt", record)!.height;
    case "shard.votes":
      return read("Vote", record)!.header.height;
    default:
      return Number(record.key!.readBigUInt64BE());
  }
}

const flipped = (bytes: Buffer) => Buffer.concat([Buffer.of(bytes[0]! ^ 1), bytes.subarray(1)]);

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

  it("messages that no log gives, though a quorum signed them: BUNDLE_NOT_SENT", async () => {
    const source = new MemorySource(sound);
    const records = source.records("shard.log", partition);
    let offset = -1;
    // What the sender's log gives is another block: its cut stands one record further on.
    const other = network.topology.shard(0).partition;
    const first = source.records("shard.log", other).find(({ value }) => {
      const entry = codec("LogEntry").decode(value!.subarray(5))?.entry;
      return entry && "rustorium.CrossShardBundle" in entry;
    })!;
    const log = source.records("shard.log", other);
    log[log.indexOf(first)] = { ...first, timeMs: first.timeMs + 1 };
    // Only the bundles can show it: certificates, headers and votes of the main chain are not there.
    for (const topic of [
      "shard.finalized",
      "shard.blocks",
      "shard.changes",
      "shard.receipts",
      "shard.state",
    ] as const)
      source.records(topic, other).splice(0);
    source.records("shard.votes", other).splice(0);
    for (const record of records) {
      const entry = codec("LogEntry").decode(record.value!.subarray(5))?.entry;
      if (offset < 0 && entry && "rustorium.CrossShardBundle" in entry) offset = record.offset;
    }
    const found = await differenceIn(source);
    expect(found).toMatchObject({ code: "BUNDLE_NOT_SENT" });
    if (found!.shard === SHARD) expect(found!.offset).toBe(offset);
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
    expect(report).toMatchObject({ firstDifference: { code: "VALUE_NOT_CONSERVED" } });
  });
});

describe("a verifier of checkpoints", () => {
  async function withCheckpoints(certificates: CheckpointCertificate[]) {
    const source = new MemorySource(sound);
    source.certified.set(partition, certificates);
    return verify(source);
  }

  it("finds them right, also where one is repeated", async () => {
    const certified = checkpoints([2, 3, 7]);
    const report = await withCheckpoints([...certified, certified[1]!]);
    expect(report.firstDifference).toBeNull();
    expect(report.shards.map((figures) => figures.checkpoints)).toEqual([0, 0, 3, 0, 0]);
  });

  it.each<[string, DifferenceCode, Partial<Checkpoint>]>([
    ["another root", "CHECKPOINT_ROOT_DIFFERS", { stateRoot: Buffer.alloc(32, 3) }],
    ["another block", "CHECKPOINT_BLOCK_DIFFERS", { block: Buffer.alloc(32, 3) }],
    ["another time", "CHECKPOINT_INVALID", { time: 1 }],
    ["another epoch", "CHECKPOINT_INVALID", { epoch: 1 }],
    ["another prefix", "CHECKPOINT_INVALID", { prefix: "11" }],
    ["another network", "CHECKPOINT_INVALID", { genesis: Buffer.alloc(32) }],
  ])("%s: %s", async (_, code, change) => {
    expectDifference((await withCheckpoints(checkpoints([HEIGHT], change))).firstDifference, code);
  });

  it("no quorum, or a wrong signature: CHECKPOINT_INVALID", async () => {
    const [right] = checkpoints([HEIGHT]);
    const { signatures } = right!;
    for (const wrong of [
      signatures.slice(0, 2),
      signatures.map((each) => ({ ...each, signature: flipped(each.signature) })),
    ]) {
      const report = await withCheckpoints([{ ...right!, signatures: wrong }]);
      expectDifference(report.firstDifference, "CHECKPOINT_INVALID");
    }
  });

  it("a state in which a value is another's: CHECKPOINT_ROOT_DIFFERS at the first checkpoint after it", async () => {
    const [first, second] = checkpoints([2, 5]);
    const stateRoot = first!.checkpoint.stateRoot;
    const checkpoint = { ...second!.checkpoint, stateRoot };
    const signatures = signaturesOf(sound.net, checkpointDigest(checkpoint), [1, 2, 3]);
    const report = await withCheckpoints([first!, { checkpoint, signatures }]);
    expectDifference(report.firstDifference, "CHECKPOINT_ROOT_DIFFERS", 5);
  });
});
