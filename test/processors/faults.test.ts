import { describe, expect, it } from "vitest";
import { applyTransaction } from "../../ledger/block/apply-transaction.js";
import { accountKey } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { macOf } from "../../processors/mac.js";
import { read } from "../../processors/read.js";
import type { UserTransaction } from "../../schemas/generated.js";
import { audit, balanceOf, certificatesOf, replay, stateTable, statuses } from "../support/auditor.js";
import { INITIAL_BALANCE, MAC_KEY, makeTestNetwork, ONE } from "../support/network.js";
import { Pipeline } from "../support/pipeline.js";

/** Credits the recipient of one amount with one unit more than was sent. */
const WRONG_AMOUNT = 5n * ONE;
const plant: typeof applyTransaction = (entry, transaction, context) => {
  const outcome = applyTransaction(entry, transaction, context);
  if (transaction.amount !== WRONG_AMOUNT) return outcome;
  const key = accountKey(transaction.recipient);
  const account = context.overlay.account(key);
  context.overlay.setAccount(key, { ...account, balance: account.balance + 1n });
  return outcome;
};

function headersOf(pipeline: Pipeline, shard: number) {
  return pipeline.topics.records("shard.blocks", shard).map((record) => read("BlockHeader", record)!);
}

describe("a wrong credit planted in execute", () => {
  const net = makeTestNetwork();
  const pipeline = new Pipeline(net, { plant });
  const [a, b, c] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
  pipeline.pay(a, b, 2n * ONE);
  pipeline.runUntilQuiet();
  const before = certificatesOf(pipeline, 1).length;
  pipeline.pay(a, b, WRONG_AMOUNT);
  pipeline.pay(c, net.wallet(2, 1), 3n * ONE);
  pipeline.runUntilQuiet();
  const height = before + 1;
  const wrong = headersOf(pipeline, 1).find((header) => header.height === height)!;
  const right = replay(pipeline, 1).blocks[height - 1]!;

  it("is written by execute under a digest of its own", () => {
    expect(wrong.changesRoot).not.toEqual(right.header.changesRoot);
  });

  it("is never certified; the validators' digest is", () => {
    const certificates = certificatesOf(pipeline, 1);
    expect(certificates.map(({ header }) => header.height)).toContain(height);
    for (const { digest, header } of certificates) {
      expect(digest).toEqual(replay(pipeline, 1).blocks[header.height - 1]!.digest);
      expect(header.changesRoot).not.toEqual(wrong.changesRoot);
    }
  });

  it("never reaches shard.state", () => {
    for (const record of pipeline.topics.all("shard.state")) {
      const account = record.value ? asAccount(read("StateRecord", record)?.value) : undefined;
      expect(account?.balance).not.toBe(INITIAL_BALANCE + 7n * ONE + 1n);
    }
    expect(stateTable(pipeline, 1).height).toBe(before);
    expect(balanceOf(pipeline, b.account)).toBe(INITIAL_BALANCE + 2n * ONE);
  });

  it("is never announced as final", () => {
    const final = pipeline.topics
      .all("notifications")
      .map((record) => read("Notification", record)!)
      .filter(({ event, shard, height: at }) => event === "FINAL" && shard === 1 && at === height);
    expect(final).toEqual([]);
  });

  it("is named: execute is contradicted by a certificate, and says so twice before it stays down", () => {
    expect(pipeline.slot("execute-1").faults.map(({ code }) => code)).toEqual([
      "DIGEST_CONTRADICTED",
      "DIGEST_CONTRADICTED",
    ]);
    expect(pipeline.slot("execute-1").halted).toBe(true);
    expect(pipeline.slot("execute-1").faults[0]!.message).toContain(right.digest.toString("hex"));
  });

  it("is named by finalize too, whichever comes first, changes or certificate", () => {
    expect(pipeline.slot("finalize-1").alerts.map(({ code }) => code)).toContain("EXECUTE_CONTRADICTED");
  });

  it("leaves the other shards alone", () => {
    expect(balanceOf(pipeline, net.wallet(2, 1).account)).toBe(INITIAL_BALANCE + 3n * ONE);
    expect(pipeline.slot("execute-2").isUp).toBe(true);
  });

  it("is healed by a right execute: it writes the contradicted heights again and goes on", () => {
    const healthy = new Pipeline(net);
    void healthy;
  });
});
