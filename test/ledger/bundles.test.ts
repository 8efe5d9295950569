import { beforeEach, describe, expect, it } from "vitest";
import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { digestOf } from "../../ledger/block/header.js";
import type { VoidReason } from "../../ledger/block/log-record.js";
import { type Bundle, proveBundles } from "../../ledger/block/outbox.js";
import { shardKey } from "../../ledger/state/key.js";
import { asShard } from "../../ledger/state/state.js";
import type { CrossShardMessage } from "../../schemas/generated.js";
import { makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { ShardLog, signaturesOf } from "../support/shard-log.js";

const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: 5 } });
const stranger = makeTestNetwork({ stakes: [1, 1, 1, 1] });
const [sender, recipient] = [net.wallet(1), net.wallet(2)];

/** A certified block of a shard with any messages: what a shard under a dishonest majority could send. */
function blockOf(shard: number, bundles: readonly Bundle[], network = net) {
  const { root, proved } = proveBundles(bundles);
  const zero = Buffer.alloc(32);
  const header = {
    ...{ genesis: network.network.hash, shard, height: 1, parent: zero, firstSequence: 1, lastSequence: 1 },
    ...{
      time: START_MS,
      epoch: 0,
      entriesRoot: zero,
      receiptsRoot: zero,
      changesRoot: zero,
      messagesRoot: root,
      isLast: false,
    },
  };
  return { header, digest: digestOf(header), bundles: proved };
}

const PLAIN = { priority: "MEDIUM", change: null, isLast: false } as const;

const message = (change: Partial<CrossShardMessage>): CrossShardMessage => ({
  kind: "PREPARE",
  transactionId: Buffer.alloc(32, 5),
  source: 1,
  destination: 2,
  sender: sender.account,
  recipient: recipient.account,
  amount: ONE,
  deadline: START_MS + 1_000,
  priority: "MEDIUM",
  code: "",
  ...change,
});
const sentOf = (log: ShardLog) => {
  const { prefix } = net.network.topology.shard(log.shard);
  return asShard(log.state.values.get(shardKey(prefix)))?.sent;
};

describe("bundles between shards", () => {
  let source: ShardLog;
  let main: ShardLog;
  beforeEach(() => {
    source = new ShardLog(net, 1);
    main = new ShardLog(net, 0);
    for (let nonce = 0; nonce < 3; nonce++) {
      source.submit(sender.pay(recipient, ONE, { nonce }), sender.account);
      source.cut();
    }
  });
  const sent = (height: number): [ExecutedBlock, ExecutedBlock["bundles"][number]] => {
    const block = source.blocks[height - 1]!;
    return [block, block.bundles[0]!];
  };

  it("count once each, in channel order; what comes early, late or twice is void", () => {
    expect(main.deliver(...sent(2)).voided).toBe("OUT_OF_CHANNEL_ORDER");
    expect(main.deliver(...sent(1)).voided).toBeUndefined();
    expect(main.deliver(...sent(1)).voided).toBe("OUT_OF_CHANNEL_ORDER");
    expect(main.deliver(...sent(3)).voided).toBe("OUT_OF_CHANNEL_ORDER");
    expect(main.deliver(...sent(2)).voided).toBeUndefined();
    main.cut();
    expect(main.deliver(...sent(1)).voided, "also after the block").toBe("OUT_OF_CHANNEL_ORDER");
    expect(main.blocks[0]!.header.lastSequence).toBe(2);
    expect(sentOf(main)).toEqual([{ shard: 2, priority: "MEDIUM", count: 1 }]);
  });

  const bad: [VoidReason, string, (block: ExecutedBlock) => Parameters<ShardLog["deliver"]>[2]][] = [
    ["OTHER_SHARD", "a bundle for another shard", () => ({ destination: 2 })],
    ["BAD_PROOF", "other messages", ({ bundles }) => ({ messages: [...bundles[0]!.messages, message({})] })],
    ["BAD_PROOF", "no messages", () => ({ messages: [] })],
    ["BAD_PROOF", "another amount", ({ bundles }) => changed(bundles[0]!.messages, { amount: 2n * ONE })],
    [
      "BAD_PROOF",
      "another recipient",
      ({ bundles }) => changed(bundles[0]!.messages, { recipient: sender.account }),
    ],
    ["BAD_PROOF", "another place", () => ({ leafIndex: 1 })],
    ["BAD_PROOF", "a negative place", () => ({ leafIndex: -1 })],
    ["BAD_PROOF", "another count", () => ({ leafCount: 2 })],
    ["BAD_PROOF", "a longer path", () => ({ proof: [Buffer.alloc(32)] })],
    ["BAD_CERTIFICATE", "another header", ({ header }) => ({ header: { ...header, height: 9 } })],
    [
      "BAD_CERTIFICATE",
      "too few signatures",
      ({ digest }) => ({ signatures: signaturesOf(net, digest, [1, 2]) }),
    ],
    ["BAD_CERTIFICATE", "no signatures", () => ({ signatures: [] })],
    [
      "BAD_CERTIFICATE",
      "a signer twice",
      ({ digest }) => ({ signatures: signaturesOf(net, digest, [1, 2, 2]) }),
    ],
    [
      "BAD_CERTIFICATE",
      "signatures over something else",
      () => ({ signatures: signaturesOf(net, Buffer.alloc(32), [1, 2, 3]) }),
    ],
    [
      "OTHER_NETWORK",
      "another network's header",
      ({ header }) => ({ header: { ...header, genesis: stranger.network.hash } }),
    ],
    ["OTHER_SHARD", "a shard that isn't", ({ header }) => ({ header: { ...header, shard: 9 } })],
  ];

  it.each(bad)("are void with %s: %s; the right one still counts afterwards", (why, _what, change) => {
    const [block, bundle] = sent(1);
    expect(main.deliver(block, bundle, change(block)).voided).toBe(why);
    expect(main.chain.openBlock).toBeUndefined();
    expect(main.deliver(block, bundle).voided).toBeUndefined();
  });

  it("are void with another channel sequence than the one that was certified", () => {
    const [block, bundle] = sent(2);
    expect(main.deliver(block, bundle, { channelSequence: 1 }).voided).toBe("BAD_PROOF");
  });

  it("count as many entries as they have messages, towards the size of a block", () => {
    const messages = Array.from({ length: 4 }, (_, index) =>
      message({ transactionId: Buffer.alloc(32, index) }),
    );
    const block = blockOf(1, [{ ...PLAIN, destination: 0, channelSequence: 1, messages }]);
    expect(main.deliver(block, block.bundles[0]!).block).toBeUndefined();
    const next = blockOf(1, [
      { ...PLAIN, destination: 0, channelSequence: 2, messages: messages.slice(0, 1) },
    ]);
    const { block: closed } = main.deliver(next, next.bundles[0]!);
    expect(closed?.receipts).toHaveLength(5);
    expect(closed?.header).toMatchObject({ firstSequence: 1, lastSequence: 2 });
  });

  it.each([
    ["a PREPARE for another shard's account", 0, 3, message({ source: 1 })],
    ["a PREPARE to a shard", 2, 1, message({})],
    ["a FORWARD that isn't the main chain's", 2, 3, message({ kind: "FORWARD" })],
    ["a FORWARD of an account that isn't here", 3, 0, message({ kind: "FORWARD" })],
    ["a CANCEL that isn't the main chain's", 1, 2, message({ kind: "CANCEL" })],
    ["a CANCEL of no known transfer", 1, 0, message({ kind: "CANCEL" })],
    ["a CREDITED of no known transfer", 1, 2, message({ kind: "CREDITED" })],
  ])("carry messages that have no effect where they don't belong: %s", (_what, to, from, wrong) => {
    const log = new ShardLog(net, to);
    const block = blockOf(from, [
      { ...PLAIN, destination: to, channelSequence: from === 0 || to === 0 ? 1 : 0, messages: [wrong] },
    ]);
    expect(log.deliver(block, block.bundles[0]!).voided).toBeUndefined();
    log.cut();
    const [closed] = log.blocks;
    expect(closed!.receipts).toEqual([]);
    expect(closed!.bundles).toEqual([]);
    expect(closed!.changes.size, "only the shard's own record").toBe(1);
  });

  it.each(["CREDITED", "REFUSED"] as const)(
    "settle a transfer once: %s from its destination alone",
    (kind) => {
      const [{ message: prepared }] = [{ message: sent(1)[1].messages[0]! }];
      const settle = (from: number) => {
        const block = blockOf(from, [
          { ...PLAIN, destination: 1, channelSequence: 0, messages: [{ ...prepared, kind, destination: 2 }] },
        ]);
        source.deliver(block, block.bundles[0]!);
        return source.cut().block!.receipts.map((receipt) => receipt.kind);
      };
      expect(settle(3)).toEqual([]);
      expect(settle(2)).toEqual([kind === "CREDITED" ? "COMPLETED" : "REFUNDED"]);
      expect(settle(2)).toEqual([]);
    },
  );
});

function changed([first, ...rest]: readonly CrossShardMessage[], change: Partial<CrossShardMessage>) {
  return { messages: [{ ...first!, ...change }, ...rest] };
}
