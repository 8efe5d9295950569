import type { ShardPlace, TopologyChange, TopologyMarker } from "../../schemas/generated.js";
import type { VoidReason } from "../block/log-record.js";
import type { Network } from "../genesis/genesis.js";
import type { OwnRecord } from "../state/state.js";
import { isSignedMarker } from "./marker.js";

/**
 * How an ordinary shard begins and ends. It ends once the main chain has said so and each source partition has turned to the
 * shards after it, in whatever order that comes; a partition that has turned gives it nothing more. A marker in a shard that a
 * change began is an entry while there is no other: so it has a first block, by which the main chain hears of it.
 */
export class Ending {
  private told: TopologyChange | null;
  private readonly turned: Set<number>;

  constructor(
    private readonly network: Network,
    private readonly place: Pick<ShardPlace, "shard" | "epoch">,
    { change, markers }: OwnRecord,
  ) {
    this.told = change;
    this.turned = new Set(markers);
  }

  /** What ends it; null: nothing yet. */
  get change(): TopologyChange | null {
    return this.told;
  }

  /** Source partitions that have turned, ascending. */
  get markers(): number[] {
    return [...this.turned].sort((a, b) => a - b);
  }

  hasTurned(sourcePartition: number): boolean {
    return this.turned.has(sourcePartition);
  }

  /** @param isEmpty whether the shard has no entry yet */
  faultOf(marker: TopologyMarker, isEmpty: boolean): VoidReason | undefined {
    const { genesis, hash } = this.network;
    const { shard, epoch, sourcePartition } = marker;
    if (!marker.genesis.equals(hash)) return "OTHER_NETWORK";
    if (shard !== this.place.shard || sourcePartition < 0 || sourcePartition >= genesis.sourcePartitions)
      return "OTHER_SHARD";
    const isFirst = epoch === this.place.epoch && isEmpty;
    if (epoch <= this.place.epoch && !isFirst) return "OTHER_EPOCH";
    if (epoch > this.place.epoch && this.turned.has(sourcePartition)) return "BELOW_MARK";
    return isSignedMarker(marker, genesis.assignerKey) ? undefined : "BAD_SIGNATURE";
  }

  take({ epoch, sourcePartition }: TopologyMarker): void {
    if (epoch > this.place.epoch) this.turned.add(sourcePartition);
  }

  tell(change: TopologyChange): void {
    this.told = change;
  }

  /** Whether nothing more can come: the block at hand is the last. */
  get isComplete(): boolean {
    return this.told !== null && this.turned.size === this.network.genesis.sourcePartitions;
  }
}
