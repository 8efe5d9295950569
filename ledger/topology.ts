import type { GenesisShard } from "../schemas/generated.js";
import { isShardPath } from "./address.js";
import { accountKey, type StateKey } from "./state/key.js";

/** Number of the main chain. */
export const MAIN_CHAIN = 0;

/** Where accounts live: each shard but the main chain owns the placements that begin with its prefix. */
export class Topology {
  private readonly byNumber: Map<number, GenesisShard>;
  /** Shard by the first bits of the placement: every prefix is padded to the longest one. */
  private readonly table: number[];
  private readonly bits: number;

  constructor(readonly shards: readonly GenesisShard[]) {
    this.byNumber = new Map(shards.map((shard) => [shard.shard, shard]));
    const numbers = new Set(shards.map(({ shard }) => shard));
    const partitions = new Set(shards.map(({ partition }) => partition));
    if (numbers.size < shards.length || partitions.size < shards.length)
      throw new RangeError("a shard's number or partition is used twice");
    if (shards.some(({ path, prefix }) => !isShardPath(path) || !/^[01]*$/.test(prefix)))
      throw new RangeError("a shard's path or prefix is none");
    const owners = shards.filter((shard) => shard.shard !== MAIN_CHAIN);
    this.bits = Math.max(0, ...owners.map((shard) => shard.prefix.length));
    if (this.bits > TOPOLOGY_BITS_MAX)
      throw new RangeError(`prefixes have at most ${TOPOLOGY_BITS_MAX} bits`);
    this.table = new Array<number>(2 ** this.bits).fill(-1);
    for (const { shard, prefix } of owners) {
      const free = this.bits - prefix.length;
      const first = (prefix === "" ? 0 : Number.parseInt(prefix, 2)) * 2 ** free;
      for (let slot = first; slot < first + 2 ** free; slot++) {
        if (this.table[slot] !== -1) throw new RangeError(`placements ${slot} are owned twice`);
        this.table[slot] = shard;
      }
    }
    if (this.table.includes(-1)) throw new RangeError("some placements have no shard");
  }

  /** Number of the shard that owns an account. */
  shardOf(account: Buffer): number {
    return this.shardOfKey(accountKey(account));
  }

  /** Number of the shard that owns a key of the state: it begins with the placement. */
  shardOfKey(key: StateKey): number {
    const first = (key.charCodeAt(0) << 8) | key.charCodeAt(1);
    return this.table[first >> (TOPOLOGY_BITS_MAX - this.bits)]!;
  }

  /** Throws RangeError for a number that the topology doesn't have. */
  shard(number: number): GenesisShard {
    const found = this.byNumber.get(number);
    if (!found) throw new RangeError(`no shard ${number}`);
    return found;
  }

  has(number: number): boolean {
    return this.byNumber.has(number);
  }

  ofPartition(partition: number): GenesisShard | undefined {
    return this.shards.find((shard) => shard.partition === partition);
  }
}

/** Longest prefix, in bits; the table of owners has 2^bits places. */
export const TOPOLOGY_BITS_MAX = 16;

/** Shards of a new network: the main chain and 1, 2 or 4 shards with prefixes of equal length. */
export function initialShards(count: 1 | 2 | 4): GenesisShard[] {
  const bits = Math.log2(count);
  const shards = Array.from({ length: count }, (_, index) => ({
    shard: index + 1,
    path: String(index + 1),
    prefix: bits === 0 ? "" : index.toString(2).padStart(bits, "0"),
    partition: index + 1,
  }));
  return [{ shard: MAIN_CHAIN, path: "0", prefix: "", partition: 0 }, ...shards];
}
