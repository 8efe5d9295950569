import { describe, expect, it } from "vitest";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { EndedTrees } from "../../runtime/stages/ended-trees.js";
import { keyAnywhere, put, valueFor } from "../ledger/state-tree/samples.js";

const LEAVES = Array.from({ length: 60 }, (_, number) => put(keyAnywhere(number), valueFor(number)));

/** Built anew from the leaves under a prefix of one bit, or from all. */
function treeOf(prefix: "" | "0" | "1"): StateTree {
  const tree = new StateTree(prefix);
  tree.apply(LEAVES.filter(({ key }) => prefix === "" || key.charCodeAt(0) < 0x80 === (prefix === "0")));
  return tree;
}

describe("trees of ended shards", () => {
  it("give each half of a split its own, once", () => {
    const ended = new EndedTrees();
    ended.keep(7, treeOf(""));
    for (const prefix of ["1", "0"] as const) {
      const own = ended.take({ parents: [7], prefix });
      expect([own?.prefix, own?.root]).toEqual([prefix, treeOf(prefix).root]);
    }
    expect(ended.take({ parents: [7], prefix: "0" })).toBeUndefined();
  });

  it("give the shard of a merge both parents' in one", () => {
    const ended = new EndedTrees();
    ended.keep(8, treeOf("1"));
    expect(ended.take({ parents: [7, 8], prefix: "" })).toBeUndefined();
    ended.keep(7, treeOf("0"));
    expect(ended.take({ parents: [8, 7], prefix: "" })?.root).toEqual(treeOf("").root);
    expect(ended.take({ parents: [8, 7], prefix: "" })).toBeUndefined();
  });

  it("aren't kept without end", () => {
    const ended = new EndedTrees();
    for (let shard = 1; shard <= 9; shard++) ended.keep(shard, treeOf(""));
    expect(ended.take({ parents: [1], prefix: "0" })).toBeUndefined();
    expect(ended.take({ parents: [2], prefix: "0" })).toBeDefined();
  });
});
