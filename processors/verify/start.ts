import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import { type EndedShard, inheritedRecord, startAfter } from "../../ledger/resharding/inherit.js";
import { isUnderPrefix } from "../../ledger/resharding/prefix.js";
import type { StateKey } from "../../ledger/state/key.js";
import type { OwnRecord, StateValue } from "../../ledger/state/state.js";
import type { ShardPlace } from "../../schemas/generated.js";

/** Where a shard's replay begins: with the genesis, its parents' ends, or with a state whose root validators certified. */
export interface ShardStart {
  /** Height 0: no block yet. */
  readonly position: ChainPosition;
  readonly values: ReadonlyMap<StateKey, StateValue>;
  /** The own record that a shard begins with that took others' place; left out once it has a block. */
  readonly inherited?: OwnRecord;
}

export function genesisStart(network: Network, shard: number): ShardStart {
  return { position: startOfChain(network.hash), values: initialState(network, shard) };
}

/** A shard that has ended, with all that its state holds. */
export interface EndedState extends EndedShard {
  readonly values: ReadonlyMap<StateKey, StateValue>;
}

/** @param parents in the order of the place's parents */
export function inheritedStart(place: ShardPlace, parents: readonly EndedState[]): ShardStart {
  const values = new Map<StateKey, StateValue>();
  for (const parent of parents)
    for (const [key, value] of parent.values) if (isUnderPrefix(place.prefix, key)) values.set(key, value);
  return { position: startAfter(place, parents), values, inherited: inheritedRecord(place, parents) };
}
