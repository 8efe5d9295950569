import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placementOf } from "../../ledger/address.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import {
  accountKey,
  escrowKey,
  feeAccountKey,
  firstPlacement,
  keyBytes,
  shardKey,
} from "../../ledger/state/key.js";
import { initialShards, Topology } from "../../ledger/topology.js";
import type { GenesisShard } from "../../schemas/generated.js";

/** The first bits of an account's placement, as 0 and 1. */
const bitsOf = (account: Buffer) => placementOf(account).readUInt32BE(0).toString(2).padStart(32, "0");
const account = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const shard = (number: number, prefix: string): GenesisShard => ({
  shard: number,
  path: String(number),
  prefix,
  partition: number,
});
const MAIN = shard(0, "");

describe("topology", () => {
  it("gives shards 1 to 4 the prefixes 00 to 11, the main chain none, and each a partition of its own", () => {
    expect(initialShards(4).map(({ prefix }) => prefix)).toEqual(["", "00", "01", "10", "11"]);
    expect(initialShards(4).map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4]);
    expect(initialShards(2).map(({ prefix }) => prefix)).toEqual(["", "0", "1"]);
    expect(initialShards(1).map(({ prefix }) => prefix)).toEqual(["", ""]);
  });

  it.each([
    ["four equal shards", initialShards(4)],
    ["two", initialShards(2)],
    ["one", initialShards(1)],
    ["a split one", [MAIN, shard(1, "0"), shard(2, "10"), shard(3, "110"), shard(4, "111")]],
    ["one split to the end", [MAIN, shard(1, "1"), shard(2, `0${"0".repeat(15)}`), ...deep()]],
  ])("finds the shard whose prefix an account's placement begins with: %s", (_what, shards) => {
    const topology = new Topology(shards);
    fc.assert(
      fc.property(account, (id) => {
        const found = topology.shardOf(id);
        expect(found).not.toBe(0);
        expect(bitsOf(id).startsWith(topology.shard(found).prefix)).toBe(true);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it.each([
    ["overlap", [MAIN, shard(1, "0"), shard(2, "01"), shard(3, "1")]],
    ["the same twice", [MAIN, shard(1, "0"), shard(2, "0"), shard(3, "1")]],
    ["a gap", [MAIN, shard(1, "00"), shard(2, "1")]],
    ["no shard at all", [MAIN]],
    ["too long a prefix", [MAIN, shard(1, "0".repeat(17)), shard(2, "1")]],
    ["a digit that is no bit", [MAIN, shard(1, "0"), shard(2, "1x")]],
    ["a number used twice", [MAIN, shard(1, "0"), { ...shard(1, "1"), partition: 2 }]],
    ["a partition used twice", [MAIN, shard(1, "0"), { ...shard(2, "1"), partition: 1 }]],
    ["a path that is none", [MAIN, shard(1, "0"), { ...shard(2, "1"), path: "02" }]],
  ])("refuses shards with %s", (_what, shards) => {
    expect(() => new Topology(shards)).toThrow(RangeError);
  });

  it("finds shards by number and partition", () => {
    const topology = new Topology(initialShards(2));
    expect(topology.shard(2).prefix).toBe("1");
    expect(topology.ofPartition(2)?.shard).toBe(2);
    expect(topology.ofPartition(9)).toBeUndefined();
    expect(topology.has(2)).toBe(true);
    expect(topology.has(3)).toBe(false);
    expect(() => topology.shard(3)).toThrow(RangeError);
  });
});

describe("state keys", () => {
  it("begin with a placement under their shard's prefix and sort by it", () => {
    expect(firstPlacement("101")).toEqual(Buffer.concat([Buffer.of(0xa0), Buffer.alloc(31)]));
    for (const { prefix } of initialShards(4).slice(1)) {
      for (const key of [feeAccountKey(prefix), shardKey(prefix)]) {
        const bits = keyBytes(key)[0]!.toString(2).padStart(8, "0");
        expect(bits.startsWith(prefix)).toBe(true);
      }
    }
    const id = sha256(Buffer.of(1)).subarray(0, 20);
    expect(keyBytes(accountKey(id)).subarray(0, 32)).toEqual(placementOf(id));
  });

  it("stay the same when more accounts are asked for than are remembered", () => {
    const id = (index: number) => {
      const bytes = Buffer.alloc(20);
      bytes.writeUInt32BE(index);
      return bytes;
    };
    const keyOf = (account: Buffer) =>
      Buffer.concat([sha256(account), Buffer.of(0), account]).toString("latin1");
    const often = id(0);
    for (let index = 0; index < 100_000; index++) {
      if (accountKey(id(index)) !== keyOf(id(index))) expect.unreachable(`account ${index}`);
      if (index % 1_000 === 0) expect(accountKey(often)).toBe(keyOf(often));
    }
    for (let index = 0; index < 100_000; index += 997) expect(accountKey(id(index))).toBe(keyOf(id(index)));
  });

  it("of an escrow begins with its sender's placement and ends with the transaction's id", () => {
    const sender = Buffer.alloc(20, 7);
    const transaction = Buffer.alloc(32, 0xfe);
    const expected = Buffer.concat([sha256(sender), Buffer.of(1), transaction]);
    expect(keyBytes(escrowKey(sender, transaction))).toEqual(expected);
  });

  it("are distinct: nobody's account is a shard's fee account or record", () => {
    const special = initialShards(4).flatMap(({ prefix }) => [feeAccountKey(prefix), shardKey(prefix)]);
    // The main chain's prefix is empty, like that of shard 1's first placement.
    expect(new Set(special).size).toBe(8);
    expect(special).not.toContain(accountKey(Buffer.alloc(20)));
  });
});

/** The other halves on the way down to sixteen zeros. */
function deep(): GenesisShard[] {
  return Array.from({ length: 15 }, (_, index) => shard(3 + index, `${"0".repeat(index + 1)}1`));
}
