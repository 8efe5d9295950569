import { describe, expect, it } from "vitest";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { macMatches } from "../../processors/mac.js";
import type { InputRecord } from "../../processors/stage.js";
import { checkJob, makeJob, verdictAt } from "../../runtime/signatures/job.js";
import type { SignaturePool as PoolFromSource } from "../../runtime/signatures/pool.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { MAC_KEY, makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { ShardLog } from "../support/shard-log.js";

const net = makeTestNetwork();
const { rules } = net.network;
const [ed, eth] = [net.wallet(1), net.wallet(1, 1)];
const wire = (transaction: SignedTransaction) => toWire(1, codec("SignedTransaction").encode(transaction));
const broken = (transaction: SignedTransaction): SignedTransaction => ({
  ...transaction,
  signature: Buffer.alloc(64, 1),
});

function recordOf(value: Buffer | null, topic: InputRecord["topic"] = "transactions"): InputRecord {
  return { topic, partition: 0, offset: 0, timeMs: 0, key: null, value };
}

/** Good ones of both schemes, a bad signature between them, and bytes that are nothing. */
function mixed() {
  const good = [ed.pay(eth, ONE), eth.pay(ed, ONE)];
  const values = [wire(good[0]!), wire(broken(ed.pay(eth, ONE))), Buffer.of(1, 2), wire(good[1]!)];
  const expected = [
    { sender: ed.account, transactionId: transactionIdOf(good[0]!) },
    undefined,
    undefined,
    { sender: eth.account, transactionId: transactionIdOf(good[1]!) },
  ];
  return { values, expected };
}

describe("signatures checked ahead", () => {
  it("have a verdict where they hold, and none for all else", () => {
    const { values, expected } = mixed();
    const verdicts = checkJob(makeJob("transactions", values), rules);
    expect(values.map((_, index) => verdictAt(verdicts, index))).toEqual(expected);
  });

  it("are found in the entries of a log, of which most kinds have none", () => {
    const log = new ShardLog(net, 1);
    const entry = log.entryOf(ed.pay(eth, ONE), ed.account);
    const bytes = codec("LogEntry").encode({ entry: { "rustorium.UserTransaction": entry } });
    expect(macMatches(bytes.subarray(1), MAC_KEY)).toBe(true);
    const cut = codec("LogEntry").encode({ entry: { "rustorium.Cut": { height: 1 } } });
    const verdicts = checkJob(makeJob("shard.log", [toWire(1, cut), toWire(1, bytes)]), rules);
    expect(verdictAt(verdicts, 0)).toBeUndefined();
    expect(verdictAt(verdicts, 1)).toEqual({ sender: ed.account, transactionId: entry.transactionId });
  });
});

describe("threads that check signatures", () => {
  // They are started from the built files: a thread can't load TypeScript.
  const built = new URL("../../dist/runtime/signatures/pool.js", import.meta.url).href;
  const openPool = async (failures: Error[] = []) => {
    const { SignaturePool } = (await import(built)) as { SignaturePool: typeof PoolFromSource };
    return new SignaturePool(rules, 2, (error) => failures.push(error));
  };

  it("find what the same function finds here, whatever the number of records", async () => {
    const failures: Error[] = [];
    const pool = await openPool(failures);
    const { values, expected } = mixed();
    for (const rounds of [1, 50, 100]) {
      const records = Array.from({ length: rounds }, () =>
        [...values, null].map((value) => recordOf(value)),
      ).flat();
      await pool.check("transactions", records);
      const found = records.map(({ authorship }) => authorship);
      expect(found).toEqual(Array.from({ length: rounds }, () => [...expected, undefined]).flat());
    }
    expect(failures).toEqual([]);
    await pool.close();
  });

  it("check a few records of one step in between the many of another", async () => {
    const pool = await openPool();
    const good = mixed().values[0]!;
    const order: string[] = [];
    const check = async (name: string, count: number) => {
      await pool.check(
        "transactions",
        Array.from({ length: count }, () => recordOf(good)),
      );
      order.push(name);
    };
    await Promise.all([check("many", 5_000), check("few", 10)]);
    expect(order).toEqual(["few", "many"]);
    await pool.close();
  });

  it("leave a few records to the step", async () => {
    const pool = await openPool();
    const record = recordOf(mixed().values[0]!);
    await pool.check("transactions", [record]);
    expect(record.authorship).toBeUndefined();
    await pool.close();
  });

  it("leave what they had to the step when they are gone", async () => {
    const pool = await openPool();
    const records = Array.from({ length: 400 }, () => recordOf(mixed().values[0]!));
    const checking = pool.check("transactions", records);
    await pool.close();
    await checking;
    await pool.check("transactions", records);
  });
});
