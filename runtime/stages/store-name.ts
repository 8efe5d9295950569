import type { Environment } from "../driver/environment.js";
import type { Store } from "../store/level-store.js";

/** Hex digits of the genesis hash in a store's path: a new chain never meets an old one's store. */
const GENESIS_DIGITS = 12;

/** Path of a task's store: a directory of the network's, and a name in it. */
export function storePath(environment: Environment, group: string, partition: number): string {
  return `${environment.network.hash.toString("hex").slice(0, GENESIS_DIGITS)}/${storeName(group, partition)}`;
}

/** Name of a task's store beside those of the network's other tasks. */
export function storeName(group: string, partition: number): string {
  return `${group}-${partition}`;
}

/** A shard of the network by partition number. Throws RangeError where no shard lives there. */
export function shardOfPartition({ network }: Environment, partition: number): number {
  const shard = network.topology.ofPartition(partition);
  if (!shard) throw new RangeError(`no shard lives in partition ${partition}`);
  return shard.shard;
}

/** A store that is left open stays locked. */
export async function closedOnFailure<T>(store: Pick<Store, "close">, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await store.close();
    throw error;
  }
}
