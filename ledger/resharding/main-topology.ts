import type { ShardPlace, TopologyChange, TopologyProposal, TopologyState } from "../../schemas/generated.js";
import type { Network } from "../genesis/genesis.js";
import { topologyKey } from "../state/key.js";
import type { Overlay } from "../state/overlay.js";
import { asTopology, type State, topologyValue } from "../state/state.js";
import { MAIN_CHAIN, Topology } from "../topology.js";
import { decide, initialTopologyState, type ProposalRefusal } from "./decide.js";

/** What became of a proposal. */
export type ProposalOutcome =
  | { readonly ok: false; readonly code: ProposalRefusal }
  | { readonly ok: true; readonly change?: TopologyChange };

/** The shard tree as the main chain has decided it: a value of its own state. Nothing else changes it. */
export class MainTopology {
  private known: TopologyState;
  private routes: Topology;
  private isNew = false;

  constructor(
    private readonly network: Network,
    state: State,
  ) {
    this.known = asTopology(state.get(topologyKey())) ?? initialTopologyState(network.genesis);
    this.routes = routesOf(this.known);
  }

  /** Number of the shard that owns an account from now on. */
  shardOf(account: Buffer): number {
    return this.routes.shardOf(account);
  }

  /** Shards that own accounts from now on. */
  get owners(): readonly ShardPlace[] {
    return this.routes.live;
  }

  /** Where a shard lives that owns accounts, or has ended not long ago. Throws RangeError. */
  place(shard: number): ShardPlace {
    const status = this.known.shards.find(({ place }) => place.shard === shard);
    if (!status) throw new RangeError(`no shard ${shard}`);
    return status.place;
  }

  /** @param time main-chain time, in milliseconds since 1970 */
  propose(proposal: TopologyProposal, time: number): ProposalOutcome {
    const decision = decide(proposal, this.known, this.network.genesis, time);
    if (!decision.ok) return decision;
    this.set(decision.state);
    return decision.change ? { ok: true, change: decision.change } : { ok: true };
  }

  /** A block of the shard has arrived. */
  heardOf(shard: number, time: number): void {
    const status = this.known.shards.find(({ place }) => place.shard === shard);
    if (status?.phase !== "BEGINNING") return;
    this.set({
      ...this.known,
      shards: this.known.shards.map((other) =>
        other === status ? { ...status, phase: "ACTIVE", since: time } : other,
      ),
    });
  }

  /** All that an ended shard sent has arrived. */
  forget(shard: number): void {
    const status = this.known.shards.find(({ place }) => place.shard === shard);
    if (status?.phase !== "ENDING") return;
    this.set({ ...this.known, shards: this.known.shards.filter(({ place }) => place.shard !== shard) });
  }

  private set(state: TopologyState): void {
    this.known = state;
    this.routes = routesOf(state);
    this.isNew = true;
  }

  /** Before a block ends. */
  finish(overlay: Overlay): void {
    if (this.isNew) overlay.set(topologyKey(), topologyValue(this.known));
    this.isNew = false;
  }
}

function routesOf({ shards }: TopologyState): Topology {
  const owners = shards.filter(({ phase }) => phase !== "ENDING").map(({ place }) => place);
  const main = { shard: MAIN_CHAIN, path: "0", prefix: "", partition: 0, epoch: 0, parents: [] };
  return new Topology([main, ...owners]);
}
