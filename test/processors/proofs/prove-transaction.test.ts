import { describe, expect, it } from "vitest";
import { transactionIdOf } from "../../../ledger/transaction/index.js";
import { proveTransaction } from "../../../processors/proofs/prove-transaction.js";
import { codec } from "../../../schemas/codec.js";
import { makeTestNetwork } from "../../../simulator/world/network.js";
import { ShardLog } from "../../support/shard-log.js";
import { certifiedOf, checkedTransaction, leafOf } from "./support.js";

const net = makeTestNetwork();
const SHARD = 1;

/** A block of so many transfers within a shard, each of which takes effect. */
function blockOf(count: number) {
  const log = new ShardLog(net, SHARD);
  const [from, to] = [net.wallet(SHARD, 0), net.wallet(SHARD, 1)];
  const entries: Buffer[] = [];
  const ids: Buffer[] = [];
  for (let nonce = 0; nonce < count; nonce++) {
    const transaction = from.pay(to, 5n, { nonce });
    ids.push(transactionIdOf(transaction));
    const entry = log.entryOf(transaction, from.account, { sourceOffset: nonce });
    entries.push(codec("LogEntry").encode({ entry: { "rustorium.UserTransaction": entry } }));
    log.appendBytes(entries.at(-1)!);
  }
  const block = log.cut().block!;
  return { log, block, entries, ids, certified: certifiedOf(net, block) };
}

describe("the proof of a transaction", () => {
  it.each([1, 2, 3, 7, 8, 33])("leads from each entry and receipt of a block of %i to its roots", (count) => {
    const { block, entries, ids, certified } = blockOf(count);
    for (const [index, id] of ids.entries()) {
      const outcome = proveTransaction(certified, entries, block.receiptBytes, id);
      expect(outcome).toMatchObject({ ok: true, kind: "transaction", shard: SHARD, height: 1 });
      const proof = checkedTransaction(outcome);
      expect(proof.transactionId).toEqual(id);
      expect(proof.entry).toEqual(entries[index]);
      expect(proof.result).toMatchObject({ kind: "TRANSFER", sequence: index + 1, transactionId: id });
      expect(proof.block).toEqual(certified);
    }
    const one = checkedTransaction(proveTransaction(certified, entries, block.receiptBytes, ids[0]!));
    if (count === 1) {
      expect(one.entryPath).toEqual([]);
      expect(leafOf(one.entry)).toEqual(block.header.entriesRoot);
    }
  });

  it("is of the entry that took effect where the transaction is there twice", () => {
    const log = new ShardLog(net, SHARD);
    const [from, to] = [net.wallet(SHARD, 0), net.wallet(SHARD, 1)];
    const transactions = [from.pay(to, 1n, { nonce: 1 }), from.pay(to, 1n, { nonce: 0 })];
    const [late, first] = transactions as [(typeof transactions)[0], (typeof transactions)[0]];
    // Too early, then in its turn, then again: NONCE_GAP, applied, NONCE_USED.
    for (const transaction of [late, first, late, late]) log.submit(transaction, from.account);
    const block = log.cut().block!;
    const entries = log.records.slice(0, -1).map(({ value }) => value!.subarray(5));
    expect(block.receipts.map(({ kind }) => kind)).toEqual(["REFUSED", "TRANSFER", "TRANSFER", "REFUSED"]);
    const id = transactionIdOf(late);
    const proof = checkedTransaction(
      proveTransaction(certifiedOf(net, block), entries, block.receiptBytes, id),
    );
    expect(proof.result).toMatchObject({ kind: "TRANSFER", sequence: 3 });
    expect(proof.entry).toEqual(entries[2]);
  });

  it("says that a transaction was refused", () => {
    const log = new ShardLog(net, SHARD);
    const from = net.wallet(SHARD, 0);
    const transaction = from.pay(net.wallet(SHARD, 1), 1n, { nonce: 7 });
    log.submit(transaction, from.account);
    const block = log.cut().block!;
    const entries = [log.records[0]!.value!.subarray(5)];
    const outcome = proveTransaction(
      certifiedOf(net, block),
      entries,
      block.receiptBytes,
      transactionIdOf(transaction),
    );
    expect(checkedTransaction(outcome).result).toMatchObject({ kind: "REFUSED", code: "NONCE_GAP" });
  });

  it("is refused for other entries, other receipts, and a transaction that isn't there", () => {
    const { block, entries, ids, certified } = blockOf(3);
    const prove = (some: readonly Buffer[], receipts: readonly Buffer[], id = ids[0]!) =>
      proveTransaction(certified, some, receipts, id);
    expect(prove(entries.slice(1), block.receiptBytes)).toMatchObject({ code: "ENTRIES_NOT_FOUND" });
    expect(prove(entries, [...block.receiptBytes].reverse())).toMatchObject({ code: "RECEIPTS_NOT_FOUND" });
    expect(prove(entries, block.receiptBytes, Buffer.alloc(32))).toMatchObject({ code: "NOT_FOUND" });
  });
});
