import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import type { StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";

/** Where a shard's replay begins: with the genesis, or with a state whose root validators certified. */
export interface ShardStart {
  /** Height 0: the genesis. */
  readonly position: ChainPosition;
  readonly values: ReadonlyMap<StateKey, StateValue>;
}

export function genesisStart(network: Network, shard: number): ShardStart {
  return { position: startOfChain(network.hash), values: initialState(network, shard) };
}
