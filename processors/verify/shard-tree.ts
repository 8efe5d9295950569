import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { initialTopologyState } from "../../ledger/resharding/decide.js";
import { topologyKey } from "../../ledger/state/key.js";
import { asTopology } from "../../ledger/state/state.js";
import { MAIN_CHAIN, Topology } from "../../ledger/topology.js";
import type { ShardPlace } from "../../schemas/generated.js";
import type { ShardStart } from "./start.js";

/** The shard tree as the main chain's replay has decided it so far: the topic topology is not believed. */
export class ShardTree {
  /** Epoch at which the main chain's replay began. */
  readonly startEpoch: number;
  private readonly places = new Map<number, ShardPlace>();
  private readonly ended = new Map<number, number>();

  /** @param start of the main chain */
  constructor(network: Network, start: ShardStart) {
    const state = asTopology(start.values.get(topologyKey())) ?? initialTopologyState(network.genesis);
    const main = network.genesis.shards.find(({ shard }) => shard === MAIN_CHAIN)!;
    this.startEpoch = state.epoch;
    this.places.set(MAIN_CHAIN, { ...main, epoch: 0, parents: [] });
    for (const { place, ended } of state.shards) {
      this.places.set(place.shard, place);
      if (ended >= 0) this.ended.set(place.shard, ended);
    }
  }

  /** Shards that have not ended, the main chain too. */
  get live(): readonly ShardPlace[] {
    return [...this.places.values()].filter(({ shard }) => !this.ended.has(shard));
  }

  place(shard: number): ShardPlace | undefined {
    return this.places.get(shard);
  }

  /** Takes a block of the main chain; returns the shards that begin with it. */
  block({ bundles }: Pick<ExecutedBlock, "bundles">): readonly ShardPlace[] {
    const begun: ShardPlace[] = [];
    for (const { change } of bundles) {
      if (!change) continue;
      for (const shard of change.ended) this.ended.set(shard, change.epoch);
      for (const place of change.begun) {
        // A merge is told to both that end.
        if (!this.places.has(place.shard)) begun.push(place);
        this.places.set(place.shard, place);
      }
    }
    return begun;
  }

  /** As the ledger has it. */
  get topology(): Topology {
    return new Topology(
      Array.from(this.places.values(), (place) => {
        const ended = this.ended.get(place.shard);
        return ended === undefined ? place : { ...place, ended };
      }),
    );
  }
}
