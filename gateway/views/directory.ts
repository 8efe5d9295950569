import { isShardPath } from "../../ledger/address.js";
import { knownShard, Topology } from "../../ledger/topology.js";
import type { ShardTopology, ValidatorRecord } from "../../schemas/generated.js";

/** Shards and validators beyond these numbers are ignored: the topics are written by us, yet memory has a bound. */
export const SHARDS_HELD_MAX = 4_096;
export const VALIDATORS_HELD_MAX = 1_024;

/** Who is who: shards and validators, fed by `topology` and `validators`. */
export class DirectoryView {
  private readonly shardsByNumber = new Map<number, ShardTopology>();
  private readonly validatorsByNumber = new Map<number, ValidatorRecord>();
  /** Undefined until the shards read so far cover all placements. */
  private currentTopology: Topology | undefined;

  /** Takes in a record of topology; a shard's later epoch wins. One whose path no address could have is ignored. */
  applyShard(record: ShardTopology): void {
    if (!isShardPath(record.path)) return;
    const held = this.shardsByNumber.get(record.shard);
    if (held ? record.epoch < held.epoch : this.shardsByNumber.size >= SHARDS_HELD_MAX) return;
    this.shardsByNumber.set(record.shard, record);
    try {
      this.currentTopology = new Topology(this.shards().map(knownShard));
    } catch {
      // Half read: owners are missing or overlap. Better no answer than a wrong one.
      this.currentTopology = undefined;
    }
  }

  /** Takes in a record of validators; the last one wins. */
  applyValidator(record: ValidatorRecord): void {
    const known = this.validatorsByNumber.has(record.validator);
    if (!known && this.validatorsByNumber.size >= VALIDATORS_HELD_MAX) return;
    this.validatorsByNumber.set(record.validator, record);
  }

  /** All shards, by ascending number. */
  shards(): ShardTopology[] {
    return [...this.shardsByNumber.values()].sort((a, b) => a.shard - b.shard);
  }

  /** All validators, by ascending number. */
  validators(): ValidatorRecord[] {
    return [...this.validatorsByNumber.values()].sort((a, b) => a.validator - b.validator);
  }

  /** The shard that an account belongs to; undefined while the topology isn't known. `account` is 20 bytes. */
  shardOf(account: Buffer): ShardTopology | undefined {
    const shard = this.currentTopology?.shardOf(account);
    return shard === undefined ? undefined : this.shardsByNumber.get(shard);
  }

  /** The shard that lives in a partition of shard.*. */
  shardIn(partition: number): ShardTopology | undefined {
    for (const shard of this.shardsByNumber.values()) if (shard.partition === partition) return shard;
    return undefined;
  }
}
