import { describe, expect, it } from "vitest";
import type { ExecutedBlock } from "../../../ledger/block/executed-block.js";
import { digestOf } from "../../../ledger/block/header.js";
import { proveBundles } from "../../../ledger/block/outbox.js";
import { shardKey } from "../../../ledger/state/key.js";
import { asShard } from "../../../ledger/state/state.js";
import { EntrySearch } from "../../../processors/proofs/entry-search.js";
import type { InputRecord } from "../../../processors/stage.js";
import type { BlockHeader } from "../../../schemas/generated.js";
import { makeTestNetwork, type TestNetwork } from "../../../simulator/world/network.js";
import { ShardLog } from "../../support/shard-log.js";

const SHARD = 1;
const MAIN = 0;

/** The shard's own record after a block. */
function ownRecord(log: ShardLog, block: ExecutedBlock | undefined) {
  const { prefix } = log.net.network.topology.shard(log.shard);
  return block && asShard(block.changes.get(shardKey(prefix)));
}

/** Searches for the entries of each block, from several places at or before its beginning; gives the offsets. */
function searched(log: ShardLog, height: number, from: number): number[] | string {
  const block = log.blocks[height - 1]!;
  const search = new EntrySearch(log.net.network, block.header, ownRecord(log, log.blocks[height - 2]));
  // One record at a time: it must not matter how they come.
  for (const record of log.records.slice(from)) {
    const found = search.take([record]);
    if (found?.ok) return found.entries.map(({ offset }) => offset);
    if (found) return found.code;
  }
  return search.notFound().code;
}

/** Offsets of what counted, block by block, as the chain itself says. */
class CountingLog extends ShardLog {
  readonly counted: number[][] = [[]];
  override appendBytes(bytes: Buffer) {
    const before = this.chain.openBlock ? 1 : 0;
    const sequence = this.chain.position.sequence;
    const offset = this.records.length;
    const result = super.appendBytes(bytes);
    const entries = this.counted.at(-1)!;
    const isCut =
      result.block && result.block.header.lastSequence - sequence === entries.length && before > 0;
    if (!result.voided && !isCut) entries.push(offset);
    if (result.block) this.counted.push([]);
    return result;
  }
}

function pay(log: ShardLog, nonce: number, change: { sourceOffset?: number; sourcePartition?: number } = {}) {
  const [from, to] = [log.net.wallet(log.shard, 0), log.net.wallet(log.shard, 1)];
  return log.submit(from.pay(to, 1n, { nonce }), from.account, change);
}

/** Three blocks with every kind of void record before, in and after them. */
function messyLog(net: TestNetwork = makeTestNetwork()): CountingLog {
  const log = new CountingLog(net, SHARD);
  const stranger = net.wallet(2, 0);
  const foreign = stranger.pay(net.wallet(SHARD), 1n, { nonce: 0 });
  log.append({ "rustorium.Genesis": net.network.genesis });
  log.cut(1);
  for (let height = 1; height <= 3; height++) {
    const first = 3 * (height - 1);
    log.appendBytes(Buffer.from("no entry"));
    pay(log, first, { sourceOffset: first });
    log.cut(height + 1);
    // At the mark, of another shard, and signed by someone else than the entry says.
    pay(log, 0, { sourceOffset: first });
    log.submit(foreign, stranger.account, { sourcePartition: 1 });
    log.submit(foreign, net.wallet(SHARD).account, { sourcePartition: 1 });
    pay(log, first + 1, { sourceOffset: first + 1 });
    pay(log, first + 2, { sourcePartition: 2, sourceOffset: 10 * height });
    log.cut(height);
    log.cut(height);
  }
  return log;
}

function emptyHeader({ network }: TestNetwork): BlockHeader {
  const zero = Buffer.alloc(32);
  return {
    ...{ genesis: network.hash, shard: 2, height: 1, parent: zero, firstSequence: 1, lastSequence: 1 },
    ...{ time: 0, epoch: 0, entriesRoot: zero, receiptsRoot: zero, changesRoot: zero, messagesRoot: zero },
    isLast: false,
  };
}

describe("the search for a block's entries", () => {
  it("finds them among void records of every kind, from anywhere before the block's beginning", () => {
    const log = messyLog();
    expect(log.blocks).toHaveLength(3);
    for (let height = 1; height <= 3; height++) {
      expect(log.counted[height - 1]).toHaveLength(3);
      const first = log.counted[height - 1]![0]!;
      for (let from = 0; from <= first; from++)
        expect(searched(log, height, from), `height ${height} from ${from}`).toEqual(log.counted[height - 1]);
    }
  });

  it("finds blocks that end because they are full, and blocks of one entry", () => {
    const log = new CountingLog(makeTestNetwork({ parameters: { maximumEntriesPerBlock: 2 } }), SHARD);
    for (let nonce = 0; nonce < 5; nonce++) pay(log, nonce);
    log.cut();
    expect(log.counted.slice(0, 3)).toEqual([[0, 1], [2, 3], [4]]);
    for (const height of [1, 2, 3]) expect(searched(log, height, 0)).toEqual(log.counted[height - 1]);
  });

  /** The main chain's log, and bundles to it: those of two blocks of each of two shards. */
  function bundles() {
    const net = makeTestNetwork();
    const main = new CountingLog(net, MAIN);
    const sources = [1, 2].map((shard) => {
      const source = new ShardLog(net, shard);
      const [from, to] = [net.wallet(shard, 0), net.wallet(3, 0)];
      for (const nonce of [0, 1, 2, 3]) {
        source.submit(from.pay(to, 1n, { nonce }), from.account);
        if (nonce % 2 === 1) source.cut();
      }
      return source;
    });
    const deliver = (index: number, shard = 1) => {
      const block = sources[shard - 1]!.blocks[index]!;
      return main.deliver(block, block.bundles[0]!);
    };
    return { main, deliver };
  }

  it("takes bundles of other shards as entries, each once", () => {
    const { main, deliver } = bundles();
    for (const index of [0, 0]) deliver(index);
    main.cut();
    for (const index of [0, 1]) deliver(index);
    main.cut();
    expect(main.counted.slice(0, 2)).toEqual([[0], [4]]);
    for (const from of [0, 1, 2, 3, 4]) expect(searched(main, 2, from)).toEqual([4]);
    expect(searched(main, 1, 0)).toEqual([0]);
  });

  it("passes over a bundle that came too early, which the marks of later would let in", () => {
    const { main, deliver } = bundles();
    expect(deliver(1).voided).toBe("OUT_OF_CHANNEL_ORDER");
    deliver(0);
    main.cut();
    deliver(0, 2);
    deliver(1);
    main.cut();
    expect(main.counted.slice(0, 2)).toEqual([[1], [3, 4]]);
    expect(searched(main, 2, 0)).toEqual([3, 4]);
  });

  it("passes over answers of the block before, which have no order, however many came at a time", () => {
    const net = makeTestNetwork();
    const log = new CountingLog(net, SHARD);
    const header = emptyHeader(net);
    for (let height = 1; height <= 150; height++) {
      const { proved, root } = proveBundles([
        {
          ...{ destination: SHARD, priority: "LOW", channelSequence: 0, messages: [] },
          ...{ change: null, isLast: false },
        },
      ]);
      const sent = { ...header, height, messagesRoot: root };
      log.deliver({ header: sent, digest: digestOf(sent) }, proved[0]!);
    }
    log.cut();
    pay(log, 0);
    pay(log, 1);
    log.cut();
    expect(log.counted[0]).toHaveLength(150);
    expect(searched(log, 2, 0)).toEqual(log.counted[1]);
  });

  it("says so where the log has other records than were certified", () => {
    const log = messyLog();
    const without = log.counted[1]![1]!;
    (log.records as InputRecord[]).splice(without, 1);
    expect(searched(log, 2, 0)).toBe("ENTRIES_NOT_FOUND");
  });
});
