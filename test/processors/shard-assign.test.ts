import { describe, expect, it } from "vitest";
import { ShardAssignTask } from "../../processors/shard-assign/shard-assign.js";
import { codec } from "../../schemas/codec.js";
import { ASSIGNER_KEY, makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { decoded, inputRecord, ShardLog } from "../support/shard-log.js";

const net = makeTestNetwork();
const { topology } = net.network;
const open = () =>
  new ShardAssignTask({ network: net.network, topology, assigner: ASSIGNER_KEY, partition: 2 });
const task = open();

/** What validate wrote for a wallet's transfer. */
function validated(wallet = net.wallet(1), offset = 0) {
  const entry = new ShardLog(net, wallet.shard).entryOf(wallet.pay(net.wallet(1), ONE), wallet.account, {
    sourcePartition: 2,
    sourceOffset: offset,
  });
  const bytes = codec("ValidatedTransaction").encode(entry);
  return { entry, record: inputRecord("transactions.validated", bytes, { partition: 2, offset }) };
}

describe("shard-assign", () => {
  it("appends each transaction, unchanged, to the log of the shard that owns its sender", () => {
    for (const wallet of net.wallets) {
      const { entry, record } = validated(wallet);
      const { records } = task.step([record]);
      expect(records).toHaveLength(1);
      const partition = net.network.topology.shard(wallet.shard).partition;
      expect(records[0]).toMatchObject({ topic: "shard.log", partition, key: null });
      expect(decoded("LogEntry", records[0]).entry).toEqual({ "rustorium.UserTransaction": entry });
    }
  });

  it("keeps the order of its input and resumes after it", () => {
    const inputs = [0, 1, 2, 3].map((offset) => validated(net.wallet(1), offset).record);
    const assign = open();
    const { records, resumeAt, wantsTopology } = assign.step(inputs);
    const offsets = records.map((record) => {
      const { entry } = decoded("LogEntry", record);
      return "rustorium.UserTransaction" in entry ? entry["rustorium.UserTransaction"].sourceOffset : -1;
    });
    expect(offsets).toEqual([0, 1, 2, 3]);
    expect([resumeAt, wantsTopology], "until the shard tree was looked at").toEqual([undefined, true]);
    expect(assign.topology(topology).resumeAt).toEqual(new Map([["transactions.validated", 4]]));
  });

  it("passes over what it can't read with an alert, and goes on", () => {
    const bad = inputRecord("transactions.validated", Buffer.from("nonsense"), { partition: 2, offset: 0 });
    const assign = open();
    const { records, alerts } = assign.step([bad, validated(net.wallet(3), 1).record]);
    expect(records).toHaveLength(1);
    expect(alerts).toMatchObject([{ code: "INPUT_CORRUPT", message: expect.stringContaining("[2]@0") }]);
    expect(assign.topology(topology).resumeAt?.get("transactions.validated")).toBe(2);
  });
});
