import { initialState, type Network } from "../../ledger/genesis/genesis.js";
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

/** The certified state of a shard: the genesis, then what the records of shard.state say, from the first on. */
export async function stateTable(
  network: Network,
  shard: number,
  records: AsyncIterable<readonly InputRecord[]>,
): Promise<StateTable> {
  const values = new Map(initialState(network, shard));
  const top = heightKey(network.topology.shard(shard).prefix);
  let height = 0;
  for await (const some of records) {
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
