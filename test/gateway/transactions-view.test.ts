import { describe, expect, it } from "vitest";
import { ATTEMPTS_HELD_MAX } from "../../gateway/views/transaction-index.js";
import { TransactionsView } from "../../gateway/views/transactions.js";
import { hash, NOW_MS, notification, rejected, settlement } from "./fixtures.js";

const ID = hash(1).toString("hex");
const META = { topic: "transactions.rejected", partition: 0, offset: 0, timeMs: NOW_MS };
const PRE_CONFIRMED = { event: "PRE_CONFIRMED", at: NOW_MS - 500 } as const;

describe("TransactionsView", () => {
  it("follows a transaction from submission to final, by id and by submission", () => {
    const view = new TransactionsView();
    expect(view.ofId(ID)).toBeUndefined();
    view.noteSubmitted(hash(1), { partition: 0, offset: 10 }, NOW_MS - 990);
    expect(view.ofId(ID)).toMatchObject({ stage: "submitted", applied: undefined, block: undefined });
    expect(view.apply(notification(PRE_CONFIRMED))).toBe(true);
    expect(view.ofId(ID)).toMatchObject({ stage: "pre-confirmed", applied: true });
    expect(view.apply(notification())).toBe(true);
    const status = view.ofId(ID);
    expect(status).toEqual({
      transactionId: ID,
      submission: { partition: 0, offset: 10 },
      otherSubmissions: [],
      stage: "final",
      applied: true,
      code: "",
      detail: "",
      crossShard: false,
      block: { shard: 2, height: 7 },
      settlement: undefined,
      stages: [
        { stage: "submitted", timeMs: NOW_MS - 1_000 },
        { stage: "pre-confirmed", timeMs: NOW_MS - 500 },
        { stage: "final", timeMs: NOW_MS },
      ],
    });
    expect(view.ofSubmission({ partition: 0, offset: 10 })).toEqual(status);
    expect(view.ofSubmission({ partition: 1, offset: 10 })).toBeUndefined();
  });

  it.each([
    ["COMPLETED", "completed", ""],
    ["REFUNDED", "refunded", "DEADLINE_PASSED"],
  ] as const)("takes a transfer between shards to %s", (event, stage, code) => {
    const view = new TransactionsView();
    view.apply(notification({ crossShard: true }));
    expect(view.ofId(ID)).toMatchObject({ stage: "final", crossShard: true });
    const told = settlement({ event, code, applied: event === "COMPLETED", at: NOW_MS + 100 });
    expect(view.apply(told)).toBe(true);
    expect(view.apply(told)).toBe(false);
    expect(view.ofId(ID)).toMatchObject({
      stage,
      code,
      applied: true,
      block: { shard: 2, height: 7 },
      settlement: { shard: 2, height: 9 },
    });
    expect(view.ofId(ID)?.stages.at(-1)).toEqual({ stage, timeMs: NOW_MS + 100 });
  });

  it("says what a dead letter says, with or without an id", () => {
    const view = new TransactionsView();
    expect(view.applyRejected(rejected(), META)).toBe(true);
    expect(view.apply(notification({ event: "REJECTED", applied: false, code: "BAD_SIGNATURE" }))).toBe(
      false,
    );
    expect(view.ofId(ID)).toMatchObject({
      stage: "rejected",
      applied: false,
      code: "BAD_SIGNATURE",
      detail: "it does not hold",
    });
    view.applyRejected(rejected({ transactionId: null, sourceOffset: 11, code: "MALFORMED" }), META);
    expect(view.ofSubmission({ partition: 0, offset: 11 })).toMatchObject({
      transactionId: undefined,
      code: "MALFORMED",
    });
    expect(view.held).toBe(2);
  });

  it("gives a dead letter without id the id that the gateway knew", () => {
    const view = new TransactionsView();
    view.applyRejected(rejected({ transactionId: null, code: "MALFORMED" }), META);
    view.noteSubmitted(hash(1), { partition: 0, offset: 10 }, NOW_MS);
    expect(view.ofId(ID)).toMatchObject({ stage: "rejected", code: "MALFORMED" });
    expect(view.held).toBe(1);

    view.applyRejected(rejected({ transactionId: null, sourceOffset: 12, code: "MALFORMED" }), META);
    view.noteSubmitted(hash(1), { partition: 0, offset: 12 }, NOW_MS);
    expect(view.ofId(ID)?.otherSubmissions).toHaveLength(1);
    expect(view.held).toBe(1);
  });

  const copy = {
    applied: false,
    code: "NONCE_USED",
    sourcePartition: 3,
    sourceOffset: 4,
    submittedAt: NOW_MS,
  };
  const applied = notification();
  it.each([
    ["after", [applied, notification(copy)]],
    ["before", [notification(copy), applied]],
    ["before, and only pre-confirmed", [notification(copy), notification(PRE_CONFIRMED)]],
  ])("lets applied beat refused when the copy is told of %s", (_, records) => {
    const view = new TransactionsView();
    for (const record of records) view.apply(record);
    expect(view.ofId(ID)).toMatchObject({
      applied: true,
      code: "",
      submission: { partition: 0, offset: 10 },
      otherSubmissions: [{ partition: 3, offset: 4 }],
    });
    expect(view.ofSubmission({ partition: 3, offset: 4 })).toMatchObject({
      applied: false,
      code: "NONCE_USED",
    });
  });

  it("gives a settlement to the submission that took effect, not to copies", () => {
    const view = new TransactionsView();
    view.apply(settlement());
    expect(view.ofId(ID)).toMatchObject({ stage: "completed", applied: true, submission: undefined });
    view.apply(notification(copy));
    expect(view.ofId(ID)).toMatchObject({ stage: "completed", applied: true, submission: undefined });
    view.apply(applied);
    expect(view.ofId(ID)).toMatchObject({ stage: "completed", submission: { partition: 0, offset: 10 } });
    expect(view.ofSubmission({ partition: 3, offset: 4 })).toMatchObject({ stage: "final", applied: false });
  });

  it("counts nothing twice and lets no late news lower a stage", () => {
    const view = new TransactionsView();
    expect(view.apply(notification())).toBe(true);
    expect(view.apply(notification())).toBe(false);
    expect(view.apply(notification({ ...PRE_CONFIRMED, applied: false, code: "NONCE_GAP", height: 3 }))).toBe(
      true,
    );
    expect(view.ofId(ID)).toMatchObject({ stage: "final", applied: true, code: "", block: { height: 7 } });
  });

  it("believes the last word of execute until a certificate speaks", () => {
    const view = new TransactionsView();
    view.apply(notification(PRE_CONFIRMED));
    view.apply(notification({ ...PRE_CONFIRMED, applied: false, code: "INSUFFICIENT_BALANCE", height: 8 }));
    expect(view.ofId(ID)).toMatchObject({
      applied: false,
      code: "INSUFFICIENT_BALANCE",
      block: { height: 8 },
    });
  });

  it("drops what was longest without news beyond its bound", () => {
    const view = new TransactionsView(3);
    for (const n of [1, 2, 3]) view.apply(notification({ transactionId: hash(n), sourceOffset: n }));
    view.apply(notification({ transactionId: hash(1), sourceOffset: 1, ...PRE_CONFIRMED }));
    view.apply(notification({ transactionId: hash(4), sourceOffset: 4 }));
    expect(view.held).toBe(3);
    expect(view.dropped).toBe(1);
    expect(view.ofId(hash(2).toString("hex"))).toBeUndefined();
    expect(view.ofSubmission({ partition: 0, offset: 2 })).toBeUndefined();
    for (const n of [1, 3, 4]) expect(view.ofId(hash(n).toString("hex"))).toBeDefined();
  });

  it("bounds the copies of one transaction and keeps the one that took effect", () => {
    const view = new TransactionsView();
    view.apply(notification());
    for (let n = 0; n < 50; n++) view.apply(notification({ ...copy, sourceOffset: 1_000 + n }));
    expect(view.ofId(ID)).toMatchObject({ applied: true, submission: { partition: 0, offset: 10 } });
    expect(view.ofId(ID)?.otherSubmissions).toHaveLength(ATTEMPTS_HELD_MAX - 1);
    expect(view.ofSubmission({ partition: 3, offset: 1_000 })).toBeUndefined();
    expect(view.ofSubmission({ partition: 3, offset: 1_049 })).toBeDefined();
  });

  it("refuses a bound that holds nothing", () => {
    expect(() => new TransactionsView(0)).toThrow(RangeError);
  });
});
