import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import { type StateKey, shardKey } from "../../ledger/state/key.js";
import { asShard, type StateValue } from "../../ledger/state/state.js";
import type { Channel } from "../../schemas/generated.js";

/** Where a shard's replay begins: with the genesis, or with a state whose root validators certified. */
export interface ShardStart {
  /** Height 0: the genesis. */
  readonly position: ChainPosition;
  readonly values: ReadonlyMap<StateKey, StateValue>;
}

export function genesisStart(network: Network, shard: number): ShardStart {
  return { position: startOfChain(network.hash), values: initialState(network, shard) };
}

/** What a shard had sent and received when the replay begins. */
export function channelsAt({ values }: ShardStart, prefix: string): readonly Channel[] {
  return asShard(values.get(shardKey(prefix)))?.channels ?? [];
}
