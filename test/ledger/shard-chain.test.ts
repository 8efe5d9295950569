import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { digestOf } from "../../ledger/block/header.js";
import type { VoidReason } from "../../ledger/block/log-record.js";
import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import { leafHash, merkleRoot } from "../../ledger/merkle.js";
import { accountKey, keyBytes, shardKey } from "../../ledger/state/key.js";
import { asAccount, asShard, MemoryState } from "../../ledger/state/state.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { codec } from "../../schemas/codec.js";
import type { UserTransaction } from "../../schemas/generated.js";
import { seeded } from "../../simulator/kernel/random.js";
import { makeTestNetwork, ONE, SOURCE_PARTITIONS, START_MS } from "../../simulator/world/network.js";
import { ShardLog } from "../support/shard-log.js";

const MAX_ENTRIES = 5;
const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: MAX_ENTRIES } });
const [a, b] = [net.wallet(1), net.wallet(1, 1)];
const shardStateOf = (state: MemoryState) =>
  asShard(state.values.get(shardKey(net.network.topology.shard(1).prefix)))!;

describe("a shard's chain", () => {
  let log: ShardLog;
  let nonce: number;
  beforeEach(() => {
    log = new ShardLog(net, 1);
    nonce = 0;
  });
  const pay = (change: Partial<UserTransaction> = {}, to = b) =>
    log.submit(a.pay(to, ONE, { nonce: nonce++ }), a.account, change);

  it("ends a block at a cut with its height, or at maximumEntriesPerBlock", () => {
    pay();
    pay();
    expect(log.cut().block?.header).toMatchObject({ height: 1, firstSequence: 1, lastSequence: 2 });
    for (let count = 1; count < MAX_ENTRIES; count++) expect(pay()).toEqual({});
    expect(pay().block?.header).toMatchObject({ height: 2, firstSequence: 3, lastSequence: 7 });
    expect(log.cut(3).voided, "nothing is open").toBe("OTHER_CUT");
  });

  it("has headers that name network, shard, parent and epoch, and commit to entries, receipts and changes", () => {
    pay();
    pay({}, net.wallet(3));
    log.cut();
    pay();
    log.cut();
    const [first, second] = log.blocks;
    const entries = log.records.slice(0, 2).map(({ value }) => leafHash(value!.subarray(5)));
    expect(first!.header).toMatchObject({
      genesis: net.network.hash,
      shard: 1,
      height: 1,
      parent: net.network.hash,
      epoch: 0,
      entriesRoot: merkleRoot(entries),
      receiptsRoot: receiptsRootOf(first!),
      changesRoot: changesRootOf(first!),
    });
    expect(first!.digest).toEqual(digestOf(first!.header));
    expect(second!.header.parent).toEqual(first!.digest);
    expect(first!.receipts.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect([...first!.changes.keys()]).toEqual([...first!.changes.keys()].toSorted());
    expect(first!.bundles).toMatchObject([
      { destination: 0, channelSequence: 1, leafIndex: 0, leafCount: 1 },
    ]);
    expect(second!.bundles).toEqual([]);
  });

  it("takes for time of an entry the broker's, or the entry's before where that is later", () => {
    log.nowMs = START_MS + 100;
    pay();
    log.nowMs = START_MS + 40;
    pay();
    expect(log.cut().block?.header.time).toBe(START_MS + 100);
    pay();
    expect(log.cut().block?.header.time, "over blocks as well").toBe(START_MS + 100);
    log.nowMs = START_MS + 200;
    pay();
    log.nowMs = START_MS + 300;
    expect(log.cut().block?.header.time, "a cut is no entry").toBe(START_MS + 200);
  });

  /** Records that have no effect, and why. */
  const voids: [VoidReason, string, (log: ShardLog) => { voided?: VoidReason }][] = [
    ["UNDECODABLE", "nonsense", (to) => to.appendBytes(Buffer.from("nonsense"))],
    ["UNDECODABLE", "no bytes", (to) => to.appendBytes(Buffer.alloc(0))],
    [
      "UNDECODABLE",
      "a byte too many",
      (to) => to.appendBytes(Buffer.concat([codec("LogEntry").encode(cutEntry(1)), Buffer.of(0)])),
    ],
    ["UNDECODABLE", "a varint longer than needed", (to) => to.appendBytes(Buffer.from([4, 0x82, 0]))],
    ["OTHER_CUT", "a cut of another height", (to) => to.cut(to.chain.position.height + 2)],
    ["OTHER_CUT", "a cut of the block before", (to) => to.cut(to.chain.position.height)],
    ["GENESIS_RECORD", "a genesis", (to) => to.append({ "rustorium.Genesis": net.network.genesis })],
    ["BELOW_MARK", "one taken in before", (to) => spoil(to, { sourceOffset: 0 })],
    ["BELOW_MARK", "one passed over", (to) => spoil(to, { sourceOffset: -1 })],
    ["OTHER_SHARD", "another shard's sender", (to) => spoil(to, { sender: net.wallet(2).account })],
    [
      "OTHER_SHARD",
      "a source partition that isn't",
      (to) => spoil(to, { sourcePartition: SOURCE_PARTITIONS }),
    ],
    ["OTHER_SHARD", "a negative source partition", (to) => spoil(to, { sourcePartition: -1 })],
    ["NOT_AUTHENTIC", "another sender of the shard", (to) => spoil(to, { sender: b.account })],
    ["NOT_AUTHENTIC", "another id", (to) => spoil(to, { transactionId: Buffer.alloc(32) })],
    [
      "NOT_AUTHENTIC",
      "a bad signature",
      (to) => spoil(to, { transaction: { ...a.pay(b, ONE, { nonce: 9 }), signature: Buffer.alloc(64) } }),
    ],
    ["ILL_FORMED", "no amount", (to) => spoil(to, { transaction: a.pay(b, 0n, { nonce: 9 }) })],
  ];

  /** A transaction with a wrong field, at an offset that nobody has used. */
  function spoil(to: ShardLog, change: Partial<UserTransaction>) {
    const transaction = change.transaction ?? a.pay(b, ONE, { nonce: 9 });
    return to.append({
      "rustorium.UserTransaction": to.entryOf(transaction, a.account, { sourceOffset: 1_000, ...change }),
    });
  }

  it.each(voids)(
    "takes no notice of a void record (%s, %s): no sequence, time, mark or place",
    (why, _what, make) => {
      const clean = new ShardLog(net, 1);
      for (const [to, dirty] of [
        [clean, false],
        [log, true],
      ] as const) {
        to.submit(a.pay(b, ONE, { nonce: 0 }), a.account);
        if (dirty) {
          to.nowMs = START_MS + 10_000;
          expect(make(to).voided).toBe(why);
          to.nowMs = START_MS;
        }
        to.submit(a.pay(b, ONE, { nonce: 1 }), a.account);
        to.cut();
        to.submit(a.pay(b, ONE, { nonce: 2 }), a.account);
        to.cut();
      }
      expect(log.blocks.map(({ digest }) => digest)).toEqual(clean.blocks.map(({ digest }) => digest));
    },
  );

  it("counts void records towards no limit", () => {
    pay();
    for (let count = 0; count < 3 * MAX_ENTRIES; count++) log.appendBytes(Buffer.of(count));
    expect(log.chain.openBlock?.height).toBe(1);
    for (let count = 2; count < MAX_ENTRIES; count++) expect(pay()).toEqual({});
    expect(pay().block?.header.lastSequence).toBe(MAX_ENTRIES);
  });

  it("opens no block for void records", () => {
    log.appendBytes(Buffer.of(1));
    expect(log.chain.openBlock).toBeUndefined();
    expect(log.cut().voided).toBe("OTHER_CUT");
  });

  it("keeps a mark for each source partition, in its state", () => {
    pay({ sourcePartition: 2, sourceOffset: 7 });
    pay({ sourcePartition: 0, sourceOffset: 3 });
    expect(pay({ sourcePartition: 2, sourceOffset: 7 }).voided).toBe("BELOW_MARK");
    nonce--;
    expect(pay({ sourcePartition: 1, sourceOffset: 0 }).voided).toBeUndefined();
    expect(pay({ sourcePartition: 2, sourceOffset: 9 }).voided, "offsets may have gaps").toBeUndefined();
    log.cut();
    expect(shardStateOf(log.state).marks).toEqual([
      { partition: 0, prefix: "", offset: 3 },
      { partition: 1, prefix: "", offset: 0 },
      { partition: 2, prefix: "", offset: 9 },
    ]);
  });

  it("moves a mark for a refused transaction too: it is an entry with a receipt", () => {
    log.submit(a.pay(b, ONE, { nonce: 5 }), a.account, { sourceOffset: 3 });
    log.cut();
    expect(log.blocks[0]!.receipts).toMatchObject([{ kind: "REFUSED", code: "NONCE_GAP", sourceOffset: 3 }]);
    expect(shardStateOf(log.state).marks).toEqual([{ partition: 0, prefix: "", offset: 3 }]);
  });

  it("is the same for everyone, wherever they start reading and whatever is repeated or void in between", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const chance = seeded(seed);
        const whole = new ShardLog(net, 1);
        const snapshots: { position: ChainPosition; values: MemoryState["values"] }[] = [
          { position: startOfChain(net.network.hash), values: new Map(initialState(net.network, 1)) },
        ];
        for (let count = 0; count < 40; count++) {
          whole.nowMs += chance(100) - 20;
          const kind = chance(10);
          if (kind < 5)
            whole.submit(a.pay(b, ONE, { nonce: chance(12) }), a.account, { sourcePartition: chance(3) });
          else if (kind < 7) whole.cut(whole.chain.position.height + chance(3));
          else if (kind < 8) whole.appendBytes(Buffer.of(chance(256)));
          else if (whole.records.length > 0) {
            whole.appendBytes(whole.records[chance(whole.records.length)]!.value!.subarray(5));
          }
          if (whole.blocks.length >= snapshots.length) {
            snapshots.push({ position: whole.chain.position, values: new Map(whole.state.values) });
          }
        }
        const { position, values } = snapshots[chance(snapshots.length)]!;
        const state = new MemoryState();
        for (const [key, value] of values) state.values.set(key, value);
        const chain = new ShardChain(net.network, 1, state, position, {
          isAuthentic: isAuthenticBySignature,
        });
        const digests = whole.records.slice(position.nextOffset).flatMap(({ value, timeMs, offset }) => {
          const { block } = chain.append({ bytes: value!.subarray(5), timeMs, offset });
          return block ? [block.digest.toString("hex")] : [];
        });
        const expected = whole.blocks.slice(position.height).map(({ digest }) => digest.toString("hex"));
        expect(digests).toEqual(expected);
        expect(state.values).toEqual(whole.state.values);
      }),
      { seed: 5, numRuns: 25 },
    );
  });

  it("changes nothing before its block closes", () => {
    pay();
    expect(asAccount(log.state.get(accountKey(b.account)))?.balance).toBe(1_000n * ONE);
    log.cut();
    expect(asAccount(log.state.get(accountKey(b.account)))?.balance).toBe(1_001n * ONE);
  });
});

function cutEntry(height: number) {
  return { entry: { "rustorium.Cut": { height } } };
}

function receiptsRootOf({ receipts }: ExecutedBlock): Buffer {
  return merkleRoot(receipts.map((receipt) => leafHash(codec("ReceiptResult").encode(receipt))));
}

function changesRootOf({ changes }: ExecutedBlock): Buffer {
  const encode = codec("StateChange").encode;
  return merkleRoot(Array.from(changes, ([key, value]) => leafHash(encode({ key: keyBytes(key), value }))));
}
