import { describe, expect, it } from "vitest";
import { digestOf } from "../../../ledger/block/header.js";
import { proveBundles } from "../../../ledger/block/outbox.js";
import { shardKey } from "../../../ledger/state/key.js";
import { asShard } from "../../../ledger/state/state.js";
import { codec } from "../../../schemas/codec.js";
import type { CrossShardMessage } from "../../../schemas/generated.js";
import { ONE } from "../../../simulator/world/network.js";
import { replay } from "../../support/auditor.js";
import { MemorySource } from "../../support/chain-source.js";
import { signaturesOf } from "../../support/shard-log.js";
import { differenceIn, network, partition, SHARD, sound, wire } from "../../support/verified-chain.js";

describe("a verifier of what shards send each other", () => {
  it("messages of a block that the sender's log gives otherwise: BUNDLE_NOT_SENT", async () => {
    const source = new MemorySource(sound);
    const records = source.records("shard.log", partition);
    let offset = -1;
    // What the sender's log gives is another block: its cut stands one record further on.
    const other = network.topology.shard(0).partition;
    const first = source.records("shard.log", other).find(({ value }) => {
      const entry = codec("LogEntry").decode(value!.subarray(5))?.entry;
      return entry && "rustorium.CrossShardBundle" in entry;
    })!;
    const log = source.records("shard.log", other);
    log[log.indexOf(first)] = { ...first, timeMs: first.timeMs + 1 };
    // Only the bundles can show it: certificates, headers and votes of the main chain are not there.
    for (const topic of [
      "shard.finalized",
      "shard.blocks",
      "shard.changes",
      "shard.receipts",
      "shard.state",
    ] as const)
      source.records(topic, other).splice(0);
    source.records("shard.votes", other).splice(0);
    for (const record of records) {
      const entry = codec("LogEntry").decode(record.value!.subarray(5))?.entry;
      if (offset < 0 && entry && "rustorium.CrossShardBundle" in entry) offset = record.offset;
    }
    const found = await differenceIn(source);
    expect(found).toMatchObject({ code: "BUNDLE_NOT_SENT" });
    if (found!.shard === SHARD) expect(found!.offset).toBe(offset);
  });

  describe("a bundle that a quorum signed and no log gives", () => {
    /** The main chain's next bundle to the shard, with money from nowhere. */
    function forged(): Buffer {
      const main = replay(sound, 0).blocks.at(-1)!;
      const recipient = sound.net.wallet(SHARD).account;
      const sender = sound.net.wallet(1).account;
      const message: CrossShardMessage = {
        kind: "FORWARD",
        transactionId: Buffer.alloc(32, 7),
        source: 1,
        destination: SHARD,
        sender,
        recipient,
        amount: ONE,
        deadline: 0,
        priority: "HIGH",
        code: "",
      };
      const received = asShard(
        replay(sound, SHARD).state.get(shardKey(network.topology.shard(SHARD).prefix)),
      );
      const channelSequence = received!.received.find(({ priority }) => priority === "HIGH")!.count + 1;
      const { root, proved } = proveBundles([
        {
          ...{ destination: SHARD, priority: "HIGH", channelSequence, messages: [message] },
          ...{ change: null, isLast: false },
        },
      ]);
      const header = { ...main.header, height: main.header.height + 1, messagesRoot: root };
      const signatures = signaturesOf(sound.net, digestOf(header), [1, 2, 3]);
      const entry = { "rustorium.CrossShardBundle": { header, signatures, ...proved[0]! } };
      return codec("LogEntry").encode({ entry });
    }

    it("is named: BUNDLE_NOT_SENT", async () => {
      const source = new MemorySource(sound);
      source.append("shard.log", partition, { value: wire("shard.log", forged()) });
      const offset = source.records("shard.log", partition).at(-1)!.offset;
      const height = replay(sound, SHARD).blocks.length + 1;
      expect(await differenceIn(source)).toMatchObject({
        code: "BUNDLE_NOT_SENT",
        shard: SHARD,
        height,
        offset,
      });
    });

    it("is void without the quorum, and no difference", async () => {
      const source = new MemorySource(sound);
      const { entry } = codec("LogEntry").decode(forged())!;
      if (!("rustorium.CrossShardBundle" in entry)) throw new Error("no bundle");
      const bundle = entry["rustorium.CrossShardBundle"];
      const unsigned = { ...bundle, signatures: bundle.signatures.slice(1) };
      const bytes = codec("LogEntry").encode({ entry: { "rustorium.CrossShardBundle": unsigned } });
      source.append("shard.log", partition, { value: wire("shard.log", bytes) });
      expect(await differenceIn(source)).toBeNull();
    });

    it("may be the sender's later block where it came after the logs' ends were taken", async () => {
      const source = new MemorySource(sound);
      const grown = await source.range("shard.log", partition);
      source.append("shard.log", partition, { value: wire("shard.log", forged()) });
      const { range } = source;
      let isFirst = true;
      source.range = async (name, of) => {
        if (name !== "shard.log" || of !== partition || !isFirst) return range.call(source, name, of);
        isFirst = false;
        return grown;
      };
      expect(await differenceIn(source)).toBeNull();
    });
  });
});
