import { beforeEach, describe, expect, it } from "vitest";
import { NotifyTask } from "../../processors/notify/notify.js";
import type { InputRecord, StepResult } from "../../processors/stage.js";
import { codec } from "../../schemas/codec.js";
import type { RejectedTransaction } from "../../schemas/generated.js";
import { makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { decoded, inputRecord, ShardLog } from "../support/shard-log.js";

const net = makeTestNetwork();
const [from, to] = [net.wallet(1), net.wallet(1, 1)];

describe("notify", () => {
  let log: ShardLog;
  let task: NotifyTask;
  beforeEach(() => {
    log = new ShardLog(net, 1);
    task = new NotifyTask();
  });
  const events = ({ records }: StepResult) => records.map((record) => decoded("Notification", record).event);
  const receipts = () => log.outputs("shard.receipts");

  it("pre-confirms from a receipt at once, and says final under its certificate", () => {
    log.submit(from.pay(to, ONE, { nonce: 0 }), from.account, { sourcePartition: 2, sourceOffset: 7 });
    log.cut();
    log.nowMs = START_MS + 50;
    const first = task.step(receipts());
    expect(events(first)).toEqual(["PRE_CONFIRMED"]);
    log.nowMs = START_MS + 90;
    const second = task.step([log.certificateRecord(1)]);
    expect(events(second)).toEqual(["FINAL"]);
    expect(first.records[0]).toMatchObject({ topic: "notifications", key: from.account });
    const common = { applied: true, code: "", crossShard: false, shard: 1, height: 1, submittedAt: START_MS };
    const place = { sourcePartition: 2, sourceOffset: 7 };
    expect(decoded("Notification", first.records[0])).toMatchObject({
      ...common,
      ...place,
      at: START_MS + 50,
    });
    expect(decoded("Notification", second.records[0])).toMatchObject({
      ...common,
      ...place,
      at: START_MS + 90,
    });
  });

  it("says final as well when the certificate comes first, but not before all receipts of the block are there", () => {
    for (const nonce of [0, 1]) log.submit(from.pay(to, ONE, { nonce }), from.account);
    log.cut();
    task.step([log.certificateRecord(1)]);
    const [first, second] = receipts();
    expect(events(task.step([first!]))).toEqual(["PRE_CONFIRMED"]);
    expect(events(task.step([second!]))).toEqual(["PRE_CONFIRMED", "FINAL", "FINAL"]);
  });

  it("says final only of receipts under the certified digest", () => {
    log.submit(from.pay(to, ONE, { nonce: 0 }), from.account);
    log.cut();
    const [right] = receipts();
    const value = codec("Receipt").decode(right!.value!.subarray(5))!;
    const wrong = codec("Receipt").encode({ ...value, digest: Buffer.alloc(32, 1) });
    task.step([inputRecord("shard.receipts", wrong, { partition: 1, offset: 0 })]);
    expect(events(task.step([log.certificateRecord(1)]))).toEqual([]);
    expect(events(task.step([{ ...right!, offset: 1 }]))).toEqual(["PRE_CONFIRMED", "FINAL"]);
  });

  it("says final with a code of a refused transaction, and crossShard of one to another shard", () => {
    log.submit(from.pay(net.wallet(2), ONE, { nonce: 0 }), from.account);
    log.submit(from.pay(to, ONE, { nonce: 5 }), from.account);
    log.cut();
    task.step(receipts());
    const { records } = task.step([log.certificateRecord(1)]);
    expect(records.map((record) => decoded("Notification", record))).toMatchObject([
      { event: "FINAL", applied: true, code: "", crossShard: true },
      { event: "FINAL", applied: false, code: "NONCE_GAP", crossShard: false },
    ]);
  });

  it("tells the sender of a rejection where its signature held, with the original's place", () => {
    const rejected: RejectedTransaction = {
      code: "ZERO_AMOUNT",
      detail: "",
      stage: "validate",
      sourceTopic: "test.transactions",
      sourcePartition: 3,
      sourceOffset: 12,
      submittedAt: START_MS - 5,
      transactionId: Buffer.alloc(32, 1),
      sender: from.account,
    };
    const record = (change: Partial<RejectedTransaction>, offset: number): InputRecord => {
      const bytes = codec("RejectedTransaction").encode({ ...rejected, ...change });
      return inputRecord("transactions.rejected", bytes, { partition: 3, offset });
    };
    const { records, resumeAt } = task.step([
      record({}, 4),
      record({ sender: null, transactionId: null }, 5),
    ]);
    expect(records.map(({ key }) => key)).toEqual([from.account, null]);
    expect(decoded("Notification", records[0])).toMatchObject({
      event: "REJECTED",
      applied: false,
      code: "ZERO_AMOUNT",
      sourcePartition: 3,
      sourceOffset: 12,
      submittedAt: START_MS - 5,
    });
    expect(resumeAt).toEqual(new Map([["transactions.rejected", 6]]));
  });

  it("resumes at the first receipt and certificate of a height that isn't done", () => {
    for (const nonce of [0, 1, 2]) {
      log.submit(from.pay(to, ONE, { nonce }), from.account);
      log.cut();
    }
    expect(task.step(receipts().slice(0, 2)).resumeAt?.get("shard.receipts")).toBe(0);
    const { resumeAt } = task.step([1, 2, 3].map((height) => log.certificateRecord(height)));
    expect(resumeAt).toEqual(
      new Map([
        ["shard.receipts", 2],
        ["shard.finalized", 2],
      ]),
    );
  });

  it("after a restart still waits for receipts that execute writes again, being contradicted", () => {
    for (const nonce of [0, 1, 2]) {
      log.submit(from.pay(to, ONE, { nonce }), from.account);
      log.cut();
    }
    const right = receipts();
    // After height 1 a wrong execute writes 2 and 3; contradicted, it writes both again. All that notify had finished is 1.
    const wrong = right.slice(1).map((record, index) => {
      const value = codec("Receipt").decode(record.value!.subarray(5))!;
      const bytes = codec("Receipt").encode({ ...value, digest: Buffer.alloc(32, 1) });
      return inputRecord("shard.receipts", bytes, { partition: 1, offset: 1 + index });
    });
    const again = right.slice(1).map((record, index) => ({ ...record, offset: 3 + index }));
    const results = [wrong, [log.certificateRecord(2)], again, [log.certificateRecord(3)]].map((records) =>
      task.step(records),
    );
    const final = results.flatMap((result) =>
      result.records
        .map((record) => decoded("Notification", record))
        .filter(({ event }) => event === "FINAL"),
    );
    expect(final.map(({ height }) => height)).toEqual([2, 3]);
  });

  it("isn't stuck where it starts amid a block whose first receipts are no longer kept", () => {
    for (const nonce of [0, 1]) log.submit(from.pay(to, ONE, { nonce }), from.account);
    log.cut();
    log.submit(from.pay(to, ONE, { nonce: 2 }), from.account);
    log.cut();
    task.step(receipts().slice(1));
    const { records } = task.step([log.certificateRecord(1), log.certificateRecord(2)]);
    expect(records.map((record) => decoded("Notification", record).height)).toContain(2);
  });

  it("passes over what it can't read", () => {
    for (const topic of ["shard.receipts", "shard.finalized", "transactions.rejected"] as const) {
      const result = task.step([inputRecord(topic, Buffer.from("?"), { partition: 1 })]);
      expect(result.alerts).toMatchObject([{ code: "INPUT_CORRUPT" }]);
      expect(result.records).toEqual([]);
    }
  });
});
