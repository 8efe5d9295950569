import { describe, expect, it } from "vitest";
import { heightKey, keyBytes } from "../../../ledger/state/key.js";
import type { ProvableTopic } from "../../../processors/proofs/prove-record.js";
import { proveRecord } from "../../../processors/proofs/prove-record.js";
import { codec } from "../../../schemas/codec.js";
import { makeTestNetwork } from "../../../simulator/world/network.js";
import { ShardLog } from "../../support/shard-log.js";
import { certifiedOf, checkedRecord, leafOf } from "./support.js";

const net = makeTestNetwork();
const SHARD = 1;

function blockOf(count: number) {
  const log = new ShardLog(net, SHARD);
  const [from, to] = [net.wallet(SHARD, 0), net.wallet(2, 1)];
  for (let nonce = 0; nonce < count; nonce++) log.submit(from.pay(to, 5n, { nonce }), from.account);
  const block = log.cut().block!;
  const entries = log.records.slice(0, -1).map(({ value }) => value!.subarray(5));
  return { log, block, entries, certified: certifiedOf(net, block) };
}

const NONE = Buffer.alloc(0);

describe("the proof of a record", () => {
  it.each([1, 2, 5])("of shard.log says its place among all entries of a block of %i", (count) => {
    const { certified, entries } = blockOf(count);
    for (const [index, value] of entries.entries()) {
      const proof = checkedRecord(proveRecord({ topic: "shard.log", key: NONE, value }, certified, entries));
      expect(proof).toMatchObject({ topic: "shard.log", key: NONE, value, index });
      expect(proof.leaves).toHaveLength(count);
      expect(proof.leaves[index]).toEqual(leafOf(value));
    }
  });

  it.each([1, 4])("of shard.receipts has the receipt result as leaf, in a block of %i", (count) => {
    const { log, block, certified } = blockOf(count);
    const records = log.outputs("shard.receipts");
    expect(records).toHaveLength(count);
    for (const [index, { key, value }] of records.entries()) {
      const record = { topic: "shard.receipts" as const, key: key!, value: value!.subarray(5) };
      const proof = checkedRecord(proveRecord(record, certified, block.receiptBytes));
      expect(proof.index).toBe(index);
      expect(proof.leaves[index]).toEqual(leafOf(block.receiptBytes[index]!));
    }
  });

  it("of shard.state has the change as leaf, a removal too", () => {
    const { block, certified } = blockOf(2);
    const { height } = block.header;
    const leaves = block.encodedChanges.map(({ bytes }) => bytes);
    expect(block.changes.size).toBeGreaterThan(3);
    for (const [index, [key, value]] of [...block.changes].entries()) {
      const bytes = codec("StateRecord").encode({ height, digest: block.digest, value });
      const record = { topic: "shard.state" as const, key: keyBytes(key), value: bytes };
      const proof = checkedRecord(proveRecord(record, certified, leaves));
      expect(proof.index).toBe(index);
      expect(proof.leaves[index]).toEqual(leafOf(codec("StateChange").encode({ key: keyBytes(key), value })));
    }
    // No removal in this block: what isn't there is not proved.
    const key = keyBytes([...block.changes.keys()][0]!);
    expect(proveRecord({ topic: "shard.state", key, value: null }, certified, leaves)).toMatchObject({
      code: "NOT_PROVABLE",
    });
  });

  it("is refused for records that say something else than the block", () => {
    const { log, block, entries, certified } = blockOf(2);
    const changes = block.encodedChanges.map(({ bytes }) => bytes);
    const refused = (topic: ProvableTopic, key: Buffer, value: Buffer | null, leaves: readonly Buffer[]) =>
      proveRecord({ topic, key, value }, certified, leaves);
    const notProvable = { ok: false, code: "NOT_PROVABLE" };
    const cut = log.records.at(-1)!.value!.subarray(5);
    expect(refused("shard.log", NONE, cut, entries)).toMatchObject(notProvable);

    const receipt = codec("Receipt").decode(log.outputs("shard.receipts")[0]!.value!.subarray(5))!;
    const { transactionId } = receipt.result;
    for (const change of [
      { index: 1 },
      { count: 3 },
      { digest: Buffer.alloc(32) },
      { height: 2 },
      { shard: 2 },
    ]) {
      const value = codec("Receipt").encode({ ...receipt, ...change });
      expect(refused("shard.receipts", transactionId, value, block.receiptBytes)).toMatchObject(notProvable);
    }
    const right = codec("Receipt").encode(receipt);
    expect(refused("shard.receipts", NONE, right, block.receiptBytes)).toMatchObject(notProvable);
    expect(refused("shard.receipts", transactionId, right, block.receiptBytes)).toMatchObject({ ok: true });

    const { height } = block.header;
    const marker = codec("StateRecord").encode({ height, digest: block.digest, value: null });
    const { prefix } = net.network.topology.shard(SHARD);
    expect(refused("shard.state", keyBytes(heightKey(prefix)), marker, changes)).toMatchObject(notProvable);
    expect(refused("shard.log", NONE, entries[0]!, entries.slice(1))).toMatchObject({
      code: "ENTRIES_NOT_FOUND",
    });
    expect(refused("shard.state", NONE, null, changes.slice(1))).toMatchObject({ code: "CHANGES_NOT_FOUND" });
  });
});
