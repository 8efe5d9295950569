import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { globalRoot, proveShardRoot, verifyShardRoot } from "../../../ledger/state-tree/shard-map.js";
import { StateTree } from "../../../ledger/state-tree/state-tree.js";
import { keyAnywhere, put, valueFor } from "./samples.js";

const whole = new StateTree("");
whole.apply(Array.from({ length: 60 }, (_, number) => put(keyAnywhere(number), valueFor(number))));

/** The shards after some splits, each of one of those that there are. */
function shardsAfter(splits: readonly number[]): StateTree[] {
  const shards = [whole];
  for (const split of splits) {
    const index = split % shards.length;
    if (shards[index]!.prefix.length < 16) shards.splice(index, 1, ...shards[index]!.split());
  }
  return shards;
}

const rootsOf = (shards: readonly StateTree[]) =>
  new Map(shards.map(({ prefix, root }) => [prefix, root] as const));

describe("the global root", () => {
  it("is the whole tree's, however it is cut into shards, and has each shard's root", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (splits) => {
        const shards = shardsAfter(splits);
        const roots = rootsOf(shards);
        expect(globalRoot(roots)).toEqual(whole.root);
        for (const { prefix, root } of shards)
          expect(verifyShardRoot(prefix, root, proveShardRoot(roots, prefix), whole.root)).toBe(true);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("has no other root, prefix or siblings", () => {
    const roots = rootsOf(shardsAfter([0, 0, 2]));
    const [prefix, root] = [...roots][1]!;
    const siblings = proveShardRoot(roots, prefix);
    const flipped = (bytes: Uint8Array) => Buffer.from(bytes).fill(bytes[31]! ^ 1, 31);
    expect(verifyShardRoot(prefix, root, siblings, whole.root)).toBe(true);
    expect(verifyShardRoot(prefix, flipped(root), siblings, whole.root)).toBe(false);
    expect(verifyShardRoot(prefix, root, siblings, flipped(whole.root))).toBe(false);
    expect(verifyShardRoot(prefix, root, siblings.slice(1), whole.root)).toBe(false);
    expect(verifyShardRoot(prefix, root, [...siblings, root], whole.root)).toBe(false);
    for (let at = 0; at < siblings.length; at++)
      expect(verifyShardRoot(prefix, root, siblings.with(at, flipped(siblings[at]!)), whole.root)).toBe(
        false,
      );
    for (const other of ["", "1", "11", prefix.replace("1", "x"), "0".repeat(17)])
      expect(verifyShardRoot(other, root, siblings, whole.root)).toBe(false);
  });

  it("takes nothing for a root that is no field element", () => {
    const siblings = [Buffer.alloc(32, 0xff)];
    expect(verifyShardRoot("0", whole.root, siblings, whole.root)).toBe(false);
    expect(verifyShardRoot("", Buffer.alloc(31), [], Buffer.alloc(31))).toBe(false);
    expect(verifyShardRoot("", Buffer.alloc(32, 0xff), [], Buffer.alloc(32, 0xff))).toBe(false);
  });

  it("is not led to from a shorter prefix than the shard's, where the way only turns right", () => {
    const roots = rootsOf(shardsAfter([0, 1]));
    const siblings = proveShardRoot(roots, "11");
    expect(verifyShardRoot("11", roots.get("11")!, siblings, whole.root)).toBe(true);
    for (const prefix of ["1", ""])
      expect(verifyShardRoot(prefix, roots.get("11")!, siblings, whole.root)).toBe(false);
  });

  it.each([
    [[], "have no shard"],
    [["0"], "have no shard"],
    [["0", "10"], "have no shard"],
    [["", "0"], "lies in another shard"],
    [["0", "00", "10"], "lies in another shard"],
    [["x"], "not a shard's prefix"],
  ])("is only of shards that own each position once, not of %j", (prefixes, message) => {
    const roots = new Map(prefixes.map((prefix) => [prefix, whole.root]));
    expect(() => globalRoot(roots)).toThrow(message);
    expect(() => proveShardRoot(roots, prefixes[0] ?? "")).toThrow(message);
  });

  it("is not proved to have a shard that isn't there", () => {
    expect(() => proveShardRoot(new Map([["", whole.root]]), "0")).toThrow("no shard has the prefix 0");
  });
});
