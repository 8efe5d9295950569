import type { Block } from "./block.js";
import { differenceOf, type Part } from "./halves.js";
import { ShardAudit, type ShardContext } from "./shard.js";
import { type Ended, type Start, startOfChange, startOfGenesis } from "./start.js";
import type { Submissions } from "./submissions.js";
import type { ShardPlace } from "./topology-records.js";

/** All shards that there are and were: those of the genesis, and those that the main chain's log began. */
export class Shards {
  private readonly byNumber = new Map<number, ShardAudit>();
  private readonly byPartition = new Map<number, ShardAudit>();
  /** What belongs to a partition that no shard lives in yet, by partition. */
  private readonly early = new Map<number, ((shard: ShardAudit) => void)[]>();

  /** What shards of a change began with of which not all have begun. */
  private readonly starts = new Map<number, { readonly place: ShardPlace; readonly start: Start }>();

  constructor(
    private readonly shared: Omit<ShardContext, "shard" | "known" | "onClosed">,
    private readonly submissions: Submissions,
  ) {
    const { network } = shared;
    for (const place of network.places) this.add(place).begin(startOfGenesis(network, place));
  }

  /** Parents come before those that took their place. */
  get all(): ShardAudit[] {
    return [...this.byNumber.values()];
  }

  get(shard: number): ShardAudit | undefined {
    return this.byNumber.get(shard);
  }

  /** Calls with the shard of a partition: at once, or as soon as there is one. */
  at(partition: number, then: (shard: ShardAudit) => void): void {
    const shard = this.byPartition.get(partition);
    if (shard) then(shard);
    else this.early.set(partition, [...(this.early.get(partition) ?? []), then]);
  }

  /** Partitions with records of which no shard was begun. */
  get strayPartitions(): number[] {
    return [...this.early.keys()];
  }

  private add(shard: ShardPlace): ShardAudit {
    const known = (number: number, height: number) => this.byNumber.get(number)?.blocks[height - 1];
    const onClosed = (block: Block) => this.closed(block);
    const audit = new ShardAudit({ ...this.shared, shard, known, onClosed }, this.submissions);
    this.byNumber.set(shard.shard, audit);
    this.byPartition.set(shard.partition, audit);
    return audit;
  }

  private closed({ header, decided }: Block): void {
    for (const place of decided.flatMap(({ begun }) => begun)) {
      const audit = this.add(place);
      const waiting = this.early.get(place.partition) ?? [];
      this.early.delete(place.partition);
      for (const then of waiting) then(audit);
      this.beginIfDue(audit);
    }
    if (!header.isLast) return;
    for (const audit of this.all)
      if (audit.context.shard.parents.includes(header.shard)) this.beginIfDue(audit);
  }

  private beginIfDue(audit: ShardAudit): void {
    const place = audit.context.shard;
    const parents = endsOf(place, (parent) => this.byNumber.get(parent)?.chain?.end);
    if (!parents || audit.chain) return;
    const start = startOfChange(place, parents);
    this.starts.set(place.shard, { place, start });
    this.compare(place, parents);
    audit.begin(start);
  }

  /** What has begun is what has ended, as soon as all of it is there. */
  private compare({ epoch }: ShardPlace, parents: readonly Ended[]): void {
    const begun = [...this.starts.values()]
      .filter(({ place }) => place.epoch === epoch)
      .map(({ place, start }): Part => ({ prefix: place.prefix, values: start.values }));
    const ended = parents.map(({ place, values }): Part => ({ prefix: place.prefix, values }));
    const [whole, left, right] = ended.length === 1 ? [...ended, ...begun] : [...begun, ...ended];
    if (!whole || !left || !right) return;
    const { network, report } = this.shared;
    const difference = differenceOf(whole, left, right, network.hashPair);
    if (difference) report("children-equal-parent", `epoch ${epoch}: ${difference}`);
    for (const [shard, { place }] of this.starts) if (place.epoch === epoch) this.starts.delete(shard);
  }
}

/** How a shard's parents ended, in order; undefined where one of them has not. */
export function endsOf(place: ShardPlace, endOf: (shard: number) => Ended | undefined): Ended[] | undefined {
  const ends = place.parents.map(endOf).filter((end) => end !== undefined);
  return ends.length === place.parents.length ? ends : undefined;
}
