import { MAIN_CHAIN } from "../../ledger/topology.js";
import type { GenesisShard } from "../../schemas/generated.js";

/** The main chain and a number of shards with prefixes of equal length: a power of two. */
export function evenShards(count: number): GenesisShard[] {
  const bits = Math.log2(count);
  if (!Number.isInteger(bits)) throw new RangeError(`${count} shards: a power of two is needed`);
  const shards = Array.from({ length: count }, (_, index) => ({
    shard: index + 1,
    path: String(index + 1),
    prefix: bits === 0 ? "" : index.toString(2).padStart(bits, "0"),
    partition: index + 1,
  }));
  return [{ shard: MAIN_CHAIN, path: "0", prefix: "", partition: MAIN_CHAIN }, ...shards];
}
