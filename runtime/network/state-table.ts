import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import { isUnderPrefix } from "../../ledger/resharding/prefix.js";
import { heightKey, keyOfBytes, type StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";

/** A shard's state as shard.state has it. */
export interface StateTable {
  /** Height that it is complete up to; 0: the genesis. */
  readonly height: number;
  readonly values: ReadonlyMap<StateKey, StateValue>;
}

/**
 * The certified state of a shard: what the genesis gave it, or the shards whose place it took left it, then what the records of
 * shard.state say, from the first on.
 * @param recordsOf all records of shard.state of a partition
 */
export async function stateTable(
  network: Network,
  shard: number,
  recordsOf: (partition: number) => AsyncIterable<readonly InputRecord[]>,
): Promise<StateTable> {
  const { prefix, partition } = network.topology.shard(shard);
  const values = new Map(await valuesBefore(network, shard, recordsOf));
  const top = heightKey(prefix);
  let height = 0;
  for await (const some of recordsOf(partition)) {
    for (const record of some) {
      if (!record.key) continue;
      const key = keyOfBytes(record.key);
      const value = record.value === null ? null : read("StateRecord", record);
      if (key === top && value) height = value.height;
      else if (value?.value) values.set(key, value.value);
      else values.delete(key);
    }
  }
  return { height, values };
}

/** What a shard began with: what the genesis gave it, or what the shards whose place it took left it. */
export async function valuesBefore(
  network: Network,
  shard: number,
  recordsOf: (partition: number) => AsyncIterable<readonly InputRecord[]>,
): Promise<ReadonlyMap<StateKey, StateValue>> {
  const { prefix, parents } = network.topology.shard(shard);
  if (parents.length === 0) return initialState(network, shard);
  const values = new Map<StateKey, StateValue>();
  for (const parent of parents)
    for (const [key, value] of (await stateTable(network, parent, recordsOf)).values)
      if (isUnderPrefix(prefix, key)) values.set(key, value);
  return values;
}
