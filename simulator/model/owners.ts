import type { Block } from "./block.js";
import { MAIN_CHAIN, type ModelNetwork } from "./network.js";
import type { ReceiptResult } from "./records.js";
import type { ShardPlace, TopologyChange } from "./topology-records.js";
import type { Report } from "./violations.js";

/** Offsets stay below it, so that place and offset make one number. */
const OFFSETS_MAX = 2 ** 40;

/**
 * Who takes transactions in, over all shards: each record of `transactions` one shard, one that owns its sender; and each
 * sender's in the order in which they were published, whatever became of its shard. Looks at certified blocks, a shard's after
 * those of its parents.
 */
export class Owners {
  /** Every shard that there is or was. */
  private readonly places = new Map<number, ShardPlace>();
  private owners: readonly ShardPlace[];
  /** Shard by record of `transactions`. */
  private readonly takers = new Map<number, number>();
  /** The last offset of each sender, by source partition and account. */
  private readonly lastOffsets = new Map<string, number>();

  constructor(
    private readonly network: ModelNetwork,
    private readonly report: Report,
  ) {
    for (const place of network.places) this.places.set(place.shard, place);
    this.owners = network.places.filter(({ shard }) => shard !== MAIN_CHAIN);
  }

  take({ header, receipts, decided }: Block): void {
    for (const change of decided) this.turn(change);
    for (const receipt of receipts) if (receipt.sourcePartition >= 0) this.takeOne(receipt, header.shard);
  }

  /** Whether another shard took a record of `transactions` in. */
  isTakenElsewhere({ sourcePartition, sourceOffset }: ReceiptResult, shard: number): boolean {
    const taker = this.takers.get(sourcePartition * OFFSETS_MAX + sourceOffset);
    return taker !== undefined && taker !== shard;
  }

  /** The shards that own accounts after a change must have each account once. */
  private turn({ epoch, ended, begun }: TopologyChange): void {
    for (const place of begun) this.places.set(place.shard, place);
    this.owners = [...this.owners.filter(({ shard }) => !ended.includes(shard)), ...begun];
    const share = this.owners.reduce((sum, { prefix }) => sum + 2 ** -prefix.length, 0);
    const isTwice = this.owners.some((one) =>
      this.owners.some((other) => other !== one && other.prefix.startsWith(one.prefix)),
    );
    if (share !== 1 || isTwice) this.report("one-owner", `epoch ${epoch}: some account has not one shard`);
  }

  private takeOne(receipt: ReceiptResult, shard: number): void {
    const { sourcePartition, sourceOffset, sender } = receipt;
    const where = `transactions[${sourcePartition}]@${sourceOffset}`;
    const place = this.places.get(shard);
    if (!place || !this.network.homeOf(sender).bits.startsWith(place.prefix))
      this.report("one-owner", `${where} was taken in by shard ${shard}, which doesn't own its sender`);
    const name = sourcePartition * OFFSETS_MAX + sourceOffset;
    const before = this.takers.get(name);
    if (before !== undefined)
      this.report("one-owner", `${where} was taken in by shard ${before}, and then by shard ${shard}`);
    this.takers.set(name, shard);
    const stream = `${sourcePartition}:${sender.toString("latin1")}`;
    const last = this.lastOffsets.get(stream) ?? -1;
    if (sourceOffset < last)
      this.report(
        "sender-order",
        `${where} was taken in by shard ${shard} after offset ${last} of its sender`,
      );
    this.lastOffsets.set(stream, Math.max(last, sourceOffset));
  }
}
