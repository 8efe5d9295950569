import type { GenesisShard, ShardPlace, ShardTopology } from "../schemas/generated.js";
import { isShardPath } from "./address.js";
import { isUnderPrefix } from "./resharding/prefix.js";
import { accountKey, type StateKey } from "./state/key.js";

/** Number of the main chain. */
export const MAIN_CHAIN = 0;

/** A shard that there is or was. */
export interface KnownShard extends ShardPlace {
  /** Topology epoch with which it ended; undefined: it lives. */
  readonly ended?: number | undefined;
  /** Decided, but its first block isn't known to the main chain yet. */
  readonly isBeginning?: boolean | undefined;
  /** Of the main chain: the kill switch is on, so that no change is accepted. */
  readonly isPaused?: boolean | undefined;
}

/** A shard as the topic topology says it. */
export function knownShard({ phase, ended, since: _, isPaused, ...place }: ShardTopology): KnownShard {
  return {
    ...place,
    ...(ended >= 0 && { ended }),
    ...(phase === "BEGINNING" && { isBeginning: true }),
    ...(isPaused && { isPaused }),
  };
}

/**
 * Where accounts live: each shard that lives, but the main chain, owns the placements that begin with its prefix. Shards that
 * have ended are known still: their logs can be read, and who took their place is asked for.
 */
export class Topology {
  readonly shards: readonly KnownShard[];
  /** Number of changes since the genesis. */
  readonly epoch: number;
  /** The shards that own accounts now, by ascending number. */
  readonly live: readonly KnownShard[];
  /** Shards that have ended, where one of those after them isn't known to have begun: they may still take entries. */
  readonly ending: readonly KnownShard[];
  private readonly byNumber: Map<number, KnownShard>;
  /** Shard by the first bits of the placement: every prefix is padded to the longest one. */
  private readonly table: number[];
  private readonly bits: number;

  constructor(shards: readonly (GenesisShard | KnownShard)[]) {
    this.shards = shards.map((shard) => ({ epoch: 0, parents: [], ...shard }));
    this.byNumber = new Map(this.shards.map((shard) => [shard.shard, shard]));
    this.epoch = Math.max(0, ...this.shards.map(({ epoch, ended = 0 }) => Math.max(epoch, ended)));
    const numbers = new Set(shards.map(({ shard }) => shard));
    const partitions = new Set(shards.map(({ partition }) => partition));
    if (numbers.size < shards.length || partitions.size < shards.length)
      throw new RangeError("a shard's number or partition is used twice");
    if (shards.some(({ path, prefix }) => !isShardPath(path) || !/^[01]*$/.test(prefix)))
      throw new RangeError("a shard's path or prefix is none");
    this.live = this.shards.filter(({ shard, ended }) => shard !== MAIN_CHAIN && ended === undefined);
    this.ending = this.shards.filter(
      ({ ended }) => ended !== undefined && this.begunIn(ended).some(({ isBeginning }) => isBeginning),
    );
    const owners = this.live;
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

  /** Whether the kill switch is on. */
  get isPaused(): boolean {
    return this.byNumber.get(MAIN_CHAIN)?.isPaused === true;
  }

  /** A shard by its number; undefined: there is and was none. */
  find(number: number): KnownShard | undefined {
    return this.byNumber.get(number);
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
  shard(number: number): KnownShard {
    const found = this.byNumber.get(number);
    if (!found) throw new RangeError(`no shard ${number}`);
    return found;
  }

  has(number: number): boolean {
    return this.byNumber.has(number);
  }

  ofPartition(partition: number): KnownShard | undefined {
    return this.shards.find((shard) => shard.partition === partition);
  }

  /** Shards that began with an epoch, left half first. */
  begunIn(epoch: number): readonly KnownShard[] {
    return this.shards.filter((shard) => shard.epoch === epoch && epoch > 0);
  }

  /** Shards that have a part of what a shard owned or owns: itself while it lives. */
  heirsOf(number: number): readonly KnownShard[] {
    const shard = this.shard(number);
    if (shard.ended === undefined) return [shard];
    return this.live.filter(({ prefix }) => overlap(prefix, shard.prefix));
  }
}

/** The shard that owns an account, then those that owned it before, the last first. */
export function lineOf(topology: Topology, account: Buffer): number[] {
  const key = accountKey(account);
  const line = [topology.shardOf(account)];
  for (;;) {
    const { parents } = topology.shard(line.at(-1)!);
    const before = parents.find((parent) => isUnderPrefix(topology.shard(parent).prefix, key));
    if (before === undefined) return line;
    line.push(before);
  }
}

function overlap(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
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
