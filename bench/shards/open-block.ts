import { MAIN_CHAIN } from "../../ledger/topology.js";
import type { Random } from "../../simulator/kernel/random.js";
import { type Block, type Bundle, type Item, spread } from "./items.js";

/** What a shard has taken in since its last block. `execute` and each validator have one of their own. */
export class OpenBlock {
  height = 1;
  /** As ShardChain weighs entries: a bundle by its messages. */
  weight = 0;
  private transactions = 0;
  private crossing = 0;
  private ended = 0;
  /** Messages to other shards by the shard at the other end, where there are any: by destination. */
  private readonly outgoing = new Map<number, number[]>();

  constructor(
    private readonly shard: number,
    /** Numbers of all shards but the main chain. */
    private readonly shards: readonly number[],
    private readonly random: Random,
  ) {}

  add(item: Item): void {
    if (item.kind === "transactions") {
      this.transactions += item.local + item.crossing;
      this.ended += item.local;
      this.crossing += item.crossing;
      this.weight += item.local + item.crossing;
    } else if (item.kind === "checkpoint") this.weight++;
    else if (item.kind === "bundle") {
      this.weight += item.count;
      if (item.leg === "credited") this.ended += item.count;
      else for (const [shard, count] of item.byShard.entries()) if (count > 0) this.send(item, shard, count);
    }
  }

  /** A message forwarded goes to the recipient's shard and says where it is from; one credited goes back. */
  private send({ from }: Bundle, shard: number, count: number): void {
    const messages = this.outgoing.get(shard) ?? new Array<number>(this.shards.length + 1).fill(0);
    const end = this.shard === MAIN_CHAIN ? from : this.shard;
    messages[end] = messages[end]! + count;
    this.outgoing.set(shard, messages);
  }

  close(): Block {
    const { shard } = this;
    const bundles: Bundle[] = [];
    const from = { kind: "bundle", from: shard } as const;
    if (this.crossing > 0) {
      const others = this.shards.filter((other) => other !== shard);
      const byShard = spread(this.crossing, others, this.shards.length + 1, this.random);
      bundles.push({ ...from, leg: "prepare", to: MAIN_CHAIN, count: this.crossing, byShard });
    }
    const leg = shard === MAIN_CHAIN ? "forward" : "credited";
    for (const [to, byShard] of this.outgoing) {
      const count = byShard.reduce((sum, messages) => sum + messages, 0);
      bundles.push({ ...from, leg, to, count, byShard });
    }
    const block = {
      shard,
      height: this.height,
      transactions: this.transactions,
      entries: this.weight,
      ended: this.ended,
      bundles,
    };
    this.height++;
    this.weight = this.transactions = this.crossing = this.ended = 0;
    this.outgoing.clear();
    return block;
  }
}
