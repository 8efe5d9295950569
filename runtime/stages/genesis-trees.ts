import type { StateTree } from "../../ledger/state-tree/state-tree.js";

/**
 * Trees of the genesis, which is the same for all: validators of one process that want a shard's at the same time build it
 * once. What comes after the genesis each works out by itself.
 */
export class GenesisTrees {
  private readonly building = new Map<number, Promise<StateTree>>();

  /** A copy of the shard's tree, for the caller alone. Rejects with what `build` throws. */
  async tree(shard: number, build: () => Promise<StateTree>): Promise<StateTree> {
    const tree = await (this.building.get(shard) ?? this.begin(shard, build));
    return tree.copy();
  }

  private begin(shard: number, build: () => Promise<StateTree>): Promise<StateTree> {
    const building = build().finally(() => this.building.delete(shard));
    this.building.set(shard, building);
    return building;
  }
}
