import { beforeEach, describe, expect, it } from "vitest";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { RelayTask } from "../../processors/relay/relay.js";
import type { InputRecord, StepResult } from "../../processors/stage.js";
import { codec } from "../../schemas/codec.js";
import { makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { decoded, inputRecord, ShardLog, signaturesOf } from "../support/shard-log.js";

const net = makeTestNetwork();

describe("relay", () => {
  let log: ShardLog;
  let nonce: number;
  let task: RelayTask;
  beforeEach(() => {
    log = new ShardLog(net, 1);
    nonce = 0;
    task = new RelayTask(net.network.topology);
  });
  const step = (records: readonly InputRecord[]) => task.step(records, START_MS);
  /** A look at the shard tree that shows no change. */
  const confirm = () => task.topology(net.network.topology, START_MS);
  const block = (...to: number[]) => {
    for (const shard of to) {
      const recipient = shard === 1 ? net.wallet(1, 1) : net.wallet(shard);
      log.submit(net.wallet(1).pay(recipient, ONE, { nonce: nonce++ }), net.wallet(1).account);
    }
    log.cut();
  };
  const bundles = () => log.outputs("shard.messages");
  const certificate = (height: number) => log.certificateRecord(height);
  const delivered = ({ records }: StepResult) =>
    records.map((record) => {
      const { entry } = decoded("LogEntry", record);
      if (!("rustorium.CrossShardBundle" in entry)) throw new Error("no bundle");
      return { partition: record.partition, ...entry["rustorium.CrossShardBundle"] };
    });
  const heights = (result: StepResult) => delivered(result).map(({ header }) => header.height);

  it("carries a bundle once its block is certified, with certificate and proof, and the destination takes it", () => {
    block(2);
    expect(step(bundles()).records).toEqual([]);
    const result = step([certificate(1)]);
    expect(delivered(result)).toMatchObject([{ partition: 0, destination: 0, channelSequence: 1 }]);
    const main = new ShardLog(net, 0);
    expect(main.appendBytes(result.records[0]!.value!).voided).toBeUndefined();
    main.cut();
    expect(main.blocks[0]!.receipts).toMatchObject([{ kind: "FORWARDED" }]);
  });

  it("does the same when the certificate comes first", () => {
    block(2);
    expect(step([certificate(1)]).records).toEqual([]);
    expect(heights(step(bundles()))).toEqual([1]);
  });

  it("delivers each bundle of a block to its own destination", () => {
    const main = new ShardLog(net, 0);
    block(2, 3);
    const { blocks } = log;
    main.deliver(blocks[0]!, blocks[0]!.bundles[0]!);
    main.cut();
    step(main.outputs("shard.messages"));
    const result = step([main.certificateRecord(1)]);
    expect(delivered(result).map(({ partition, destination }) => [partition, destination])).toEqual([
      [2, 2],
      [3, 3],
    ]);
  });

  it("keeps the order of heights", () => {
    block(2);
    block(3);
    block(4);
    step(bundles());
    const first = step([certificate(1)]);
    const rest = step([certificate(2), certificate(3)]);
    expect([...heights(first), ...heights(rest)]).toEqual([1, 2, 3]);
  });

  it("isn't held up by blocks without messages", () => {
    block(1);
    block(2);
    step([certificate(1), certificate(2)]);
    expect(heights(step(bundles()))).toEqual([2]);
  });

  it("waits for the certified bundle where execute wrote another one first", () => {
    block(2);
    const [right] = bundles();
    const wrong = { ...decodedBundle(right!), digest: Buffer.alloc(32, 1), channelSequence: 9 };
    const bytes = codec("OutgoingBundle").encode(wrong);
    step([inputRecord("shard.messages", bytes, { partition: 1, offset: 0 })]);
    expect(step([certificate(1)]).records).toEqual([]);
    expect(delivered(step([{ ...right!, offset: 1 }]))).toMatchObject([{ channelSequence: 1 }]);
  });

  it("waits for the bundle of a height that a wrong execute left out at first", () => {
    block(2);
    block(3);
    const [first, second] = bundles();
    // A wrong execute saw no message at height 1, and one at height 2; contradicted, it writes both heights again.
    const wrong = codec("OutgoingBundle").encode({ ...decodedBundle(second!), digest: Buffer.alloc(32, 1) });
    step([inputRecord("shard.messages", wrong, { partition: 1, offset: 0 })]);
    const early = step([certificate(1)]);
    const late = step([
      { ...first!, offset: 1 },
      { ...second!, offset: 2 },
    ]);
    const last = step([certificate(2)]);
    expect([early, late, last].flatMap(heights)).toEqual([1, 2]);
  });

  it("resumes at the first bundle and the first certificate that still wait, and then delivers again", () => {
    block(2);
    block(3);
    const all = bundles();
    const first = step(all);
    expect(first.resumeAt?.get("shard.messages")).toBe(0);
    const second = step([certificate(1)]);
    expect(second.resumeAt?.get("shard.messages"), "until the shard tree was looked at").toBe(0);
    expect(second.wantsTopology).toBe(true);
    expect(confirm().resumeAt).toEqual(
      new Map([
        ["shard.messages", 1],
        ["shard.finalized", 1],
      ]),
    );
    const again = new RelayTask(net.network.topology);
    again.step(all.slice(1), START_MS);
    expect(heights(again.step([certificate(2)], START_MS))).toEqual([2]);
  });

  it("stands still where older bundles are no longer kept: a bundle that is gone is money nobody delivers", () => {
    block(2);
    block(3);
    step(bundles().slice(1));
    expect(heights(step([certificate(1), certificate(2)]))).toEqual([]);
  });

  it("passes over what it can't read", () => {
    const bad = (topic: "shard.messages" | "shard.finalized") =>
      inputRecord(topic, Buffer.from("?"), { partition: 1, timeMs: START_MS });
    for (const topic of ["shard.messages", "shard.finalized"] as const) {
      expect(step([bad(topic)]).alerts).toMatchObject([{ code: "INPUT_CORRUPT" }]);
    }
  });

  it("carries certificates of shards' states to the main chain, and its own nowhere", () => {
    const certificates = [1, 0, 2].map((shard) => {
      const checkpoint = {
        genesis: net.network.hash,
        shard,
        height: 3,
        block: Buffer.alloc(32, 1),
        time: START_MS,
        epoch: 0,
        prefix: net.network.topology.shard(shard).prefix,
        stateRoot: Buffer.alloc(32, 2),
      };
      return { checkpoint, signatures: signaturesOf(net, checkpointDigest(checkpoint), [1, 2, 3]) };
    });
    const records = certificates.map((certificate, offset) =>
      inputRecord("shard.checkpoints", codec("CheckpointCertificate").encode(certificate), { offset }),
    );
    const {
      records: carried,
      alerts,
      resumeAt,
    } = step([...records, inputRecord("shard.checkpoints", Buffer.of(1), { offset: 3 })]);
    expect(carried.map(({ partition, topic }) => [topic, partition])).toEqual([
      ["shard.log", 0],
      ["shard.log", 0],
    ]);
    expect(carried.map((record) => decoded("LogEntry", record).entry)).toEqual(
      [certificates[0], certificates[2]].map((certificate) => ({
        "rustorium.CheckpointCertificate": certificate,
      })),
    );
    expect(alerts?.map(({ code }) => code)).toEqual(["INPUT_CORRUPT"]);
    expect(resumeAt).toEqual(new Map([["shard.checkpoints", 4]]));
  });
});

function decodedBundle(record: InputRecord) {
  return decoded("OutgoingBundle", { ...record, value: record.value!.subarray(5) });
}
