import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PlantedRules } from "../../ledger/block/executed-block.js";
import * as authenticity from "../../processors/chain/authenticity.js";
import { CERTIFICATES_KEY, digestKey, POSITION_KEY } from "../../processors/chain/store-layout.js";
import type { ExecuteOptions } from "../../processors/execute/execute.js";
import { ExecuteTask } from "../../processors/execute/execute.js";
import { StageFault, type StepResult } from "../../processors/stage.js";
import { MAC_KEY, makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { decoded, ShardLog } from "../support/shard-log.js";

const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: 4, unfinalisedBlocksMax: 3 } });
/** Time between cuts; half of it where the log is read as it comes. */
const INTERVAL = net.network.genesis.parameters.blockIntervalMs;
const EAGER = INTERVAL / 2;
const MAC_OF_NOBODY = Buffer.alloc(32, 9);

function open(log: ShardLog, change: Partial<ExecuteOptions> = {}): ExecuteTask {
  return new ExecuteTask({ ...log.options(), macKey: MAC_KEY, written: new Map(), ...change });
}

const topicsOf = ({ records }: StepResult) => records.map(({ topic }) => topic);

describe("execute", () => {
  let log: ShardLog;
  let nonce: number;
  beforeEach(() => {
    log = new ShardLog(net, 1);
    nonce = 0;
  });
  /** Appends a transfer within the shard, or to another one. */
  const pay = (to = net.wallet(1, 1), change = {}) =>
    log.submit(net.wallet(1).pay(to, ONE, { nonce: nonce++ }), net.wallet(1).account, change);
  const block = (entries = 1) => {
    for (let count = 0; count < entries; count++) pay();
    if (entries < 4) log.cut();
  };

  it("asks to be woken at half of blockIntervalMs, then cuts; nothing is written before the block ends", () => {
    const task = open(log);
    pay();
    const first = task.step(log.records, START_MS);
    expect(first).toMatchObject({ records: [], wakeAtMs: START_MS + EAGER });
    expect(task.timer(START_MS + EAGER - 1)).toMatchObject({ records: [], wakeAtMs: START_MS + EAGER });
    const { records } = task.timer(START_MS + EAGER);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ topic: "shard.log", partition: 1 });
    expect(decoded("LogEntry", records[0]).entry).toEqual({ "rustorium.Cut": { height: 1 } });
  });

  it("doesn't cut a block that ended by itself, nor one without an entry", () => {
    const task = open(log);
    block(4);
    const result = task.step(log.records, START_MS);
    expect(topicsOf(result)).not.toContain("shard.log");
    expect(result.wakeAtMs).toBeUndefined();
    expect(task.timer(START_MS + 10 * INTERVAL).records).toEqual([]);
  });

  it("repeats a cut that had no effect", () => {
    const task = open(log);
    pay();
    task.step(log.records, START_MS);
    expect(topicsOf(task.timer(START_MS + INTERVAL))).toEqual(["shard.log"]);
    expect(topicsOf(task.timer(START_MS + INTERVAL + 1))).toEqual([]);
    expect(topicsOf(task.timer(START_MS + INTERVAL + 1_000))).toEqual(["shard.log"]);
  });

  it("cuts at whole intervals of the clock, whenever the block began", () => {
    expect(START_MS % INTERVAL).toBe(0);
    for (const [beganMs, readMs, cutMs] of [
      [0, 0, EAGER],
      [40, 40, EAGER],
      [EAGER - 1, EAGER - 1, EAGER],
      [EAGER, EAGER, 2 * EAGER],
      // The broker's clock is ahead.
      [5_000, 40, EAGER],
      // Read late, it may be an old log with a cut of its own.
      [0, EAGER / 2 + 10, 2 * EAGER],
      // So late that it waited for processor time: larger blocks cost less.
      [10, EAGER + 11, 2 * INTERVAL],
      [10, 10 * INTERVAL + 10, 11 * INTERVAL],
    ] as const) {
      log = new ShardLog(net, 1);
      const task = open(log);
      log.nowMs = START_MS + beganMs;
      pay();
      const { wakeAtMs } = task.step(log.records, START_MS + readMs);
      expect(wakeAtMs, `began at ${beganMs} ms, read at ${readMs} ms`).toBe(START_MS + cutMs);
    }
    log = new ShardLog(net, 1);
    log.nowMs = START_MS + EAGER - 1;
    pay();
    expect(topicsOf(open(log).step(log.records, START_MS + EAGER + 20)), "due on its way").toEqual([
      "shard.log",
    ]);
  });

  it("writes header, receipts, changes and messages of a block in one step, all under one digest", () => {
    const task = open(log);
    pay();
    pay(net.wallet(2));
    log.cut();
    const result = task.step(log.records, START_MS);
    expect(topicsOf(result)).toEqual([
      "shard.blocks",
      "shard.receipts",
      "shard.receipts",
      "shard.changes",
      "shard.messages",
    ]);
    const [expected] = log.blocks;
    const [header, first, second, changes, bundle] = result.records;
    expect(decoded("BlockHeader", header)).toEqual(expected!.header);
    expect([first, second].map((record) => decoded("Receipt", record))).toMatchObject([
      { height: 1, index: 0, count: 2, result: { kind: "TRANSFER", code: "" } },
      { height: 1, index: 1, count: 2, result: { kind: "PREPARED", code: "" } },
    ]);
    for (const digest of [
      decoded("Receipt", first).digest,
      decoded("BlockChanges", changes).digest,
      decoded("OutgoingBundle", bundle).digest,
    ]) {
      expect(digest).toEqual(expected!.digest);
    }
    for (const { partition } of result.records) expect(partition).toBe(1);
    expect(decoded("OutgoingBundle", bundle)).toMatchObject({ destination: 0, channelSequence: 1 });
  });

  it("stores state, position and digest of a block in the batch that goes with its records", () => {
    const task = open(log);
    block();
    const { store, storedChanges, resumeAt } = task.step(log.records, START_MS);
    const keys = store!.map(([key]) => key);
    expect(keys).toContain(POSITION_KEY);
    expect(keys).toContain(digestKey(1));
    expect(keys.filter((key) => key.startsWith("state/"))).toHaveLength(log.blocks[0]!.changes.size);
    expect(storedChanges).toHaveLength(1);
    expect(resumeAt).toEqual(new Map([["shard.log", log.blocks[0]!.position.nextOffset]]));
  });

  it("after reopening doesn't write again what is written, and does where the digest differs", () => {
    block();
    block();
    const [first, second] = log.blocks;
    const written = new Map([
      [1, first!.digest],
      [2, Buffer.alloc(32, 0xee)],
    ]);
    const result = open(log, { written }).step(log.records, START_MS);
    const headers = result.records
      .filter(({ topic }) => topic === "shard.blocks")
      .map((record) => decoded("BlockHeader", record));
    expect(headers).toEqual([second!.header]);
    const digests = result.records
      .filter(({ topic }) => topic === "shard.receipts")
      .map((record) => decoded("Receipt", record).digest);
    expect(digests).toEqual([second!.digest]);
  });

  it("stays at most unfinalisedBlocksMax ahead of certificates, and says so by pausing its log", () => {
    const task = open(log);
    for (let count = 0; count < 5; count++) block();
    const result = task.step(log.records, START_MS);
    expect(topicsOf(result).filter((topic) => topic === "shard.blocks")).toHaveLength(3);
    expect(result.pause).toEqual(["shard.log"]);
    const next = task.step([log.certificateRecord(1)], START_MS);
    expect(topicsOf(next).filter((topic) => topic === "shard.blocks")).toHaveLength(1);
    expect(next.pause).toEqual(["shard.log"]);
    expect(task.step([log.certificateRecord(2), log.certificateRecord(3)], START_MS).pause).toEqual([]);
  });

  it("skips the signature where the MAC is validate's, and after a mismatch checks all until the next final block", () => {
    const check = vi.spyOn(authenticity, "isAuthenticBySignature");
    try {
      pay();
      pay(net.wallet(1, 1), { mac: MAC_OF_NOBODY });
      log.cut();
      block(2);
      block(2);
      const calls = () => {
        const count = check.mock.calls.length;
        check.mockClear();
        return count;
      };
      calls();
      // The spy replaces what vote imports; execute must be seen to call the same check.
      const task = open(log);
      const bounds = log.blocks.map(({ position }) => position.nextOffset);
      task.step(log.records.slice(0, bounds[0]), START_MS);
      expect(calls(), "block 1: only the entry with the wrong MAC").toBe(1);
      task.step(log.records.slice(bounds[0], bounds[1]), START_MS);
      expect(calls(), "block 2: block 1 isn't final yet").toBe(2);
      task.step([log.certificateRecord(1)], START_MS);
      task.step(log.records.slice(bounds[1]), START_MS);
      expect(calls(), "block 3: block 1 is final").toBe(0);
    } finally {
      check.mockRestore();
    }
  });

  it("is unmoved by a random MAC: good transactions count, bad ones are void", () => {
    pay(net.wallet(1, 1), { mac: MAC_OF_NOBODY });
    const forged = { ...net.wallet(1).pay(net.wallet(1, 1), ONE, { nonce: 1 }), signature: Buffer.alloc(64) };
    log.submit(forged, net.wallet(1).account, { mac: MAC_OF_NOBODY });
    log.cut();
    const { records } = open(log).step(log.records, START_MS);
    expect(decoded("BlockHeader", records[0])).toEqual(log.blocks[0]!.header);
    expect(log.blocks[0]!.receipts).toHaveLength(1);
  });

  it("stops when a certificate names another digest, whichever of the two comes first", () => {
    block();
    const applyTransaction: PlantedRules["applyTransaction"] = (entry, transaction, context) => ({
      receipt: {
        ...log.blocks[0]!.receipts[0]!,
        amount: transaction.amount + 1n,
        transactionId: entry.transactionId,
        sequence: context.sequence,
      },
    });
    const contradicted = expect.objectContaining({ code: "DIGEST_CONTRADICTED" });
    const late = open(log, { planted: { applyTransaction } });
    late.step(log.records, START_MS);
    expect(() => late.step([log.certificateRecord(1)], START_MS)).toThrow(contradicted);
    const early = open(log, { planted: { applyTransaction } });
    early.step([log.certificateRecord(1)], START_MS);
    expect(() => early.step(log.records, START_MS)).toThrow(StageFault);
  });

  it("doesn't take a certificate of too few, a stranger's, or another chain's for one", () => {
    block();
    const task = open(log);
    task.step(log.records, START_MS);
    const other = new ShardLog(net, 2);
    other.submit(net.wallet(2).pay(net.wallet(2), ONE, { nonce: 0 }), net.wallet(2).account);
    other.cut();
    const { alerts } = task.step(
      [log.certificateRecord(1, [1, 2]), { ...other.certificateRecord(1), partition: 1 }],
      START_MS,
    );
    expect(alerts?.map(({ code }) => code)).toEqual(["BAD_CERTIFICATE", "BAD_CERTIFICATE"]);
  });

  it("forgets a digest once it is certified, and remembers how far it read the certificates", () => {
    block();
    const task = open(log);
    task.step(log.records, START_MS);
    const { store } = task.step([log.certificateRecord(1)], START_MS);
    expect(new Map(store)).toEqual(
      new Map([
        [CERTIFICATES_KEY, Buffer.from("1")],
        [digestKey(1), null],
      ]),
    );
  });
});
