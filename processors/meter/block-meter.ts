import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import type { ShardFigures } from "../../schemas/generated.js";
import { HotAccounts } from "./hot-accounts.js";
import { LatencyCounts } from "./latency-counts.js";

/** Blocks whose certificate is waited for at most; of those before them no latency is counted. */
const UNCERTIFIED_MAX = 1_024;

/** What blocks say of a shard's load. */
export type BlockFigures = Pick<
  ShardFigures,
  "transactions" | "refused" | "crossShard" | "contractCalls" | "latencyCounts" | "hottest"
>;

/** Counts what execute's blocks judged, and how long it took until they were certified. */
export class BlockMeter {
  private transactions = 0;
  private refused = 0;
  private crossShard = 0;
  private readonly hot = new HotAccounts();
  private readonly latencies = new LatencyCounts();
  /** When the transactions of a block were published, in milliseconds since 1970; by height, ascending. */
  private readonly uncertified = new Map<number, readonly number[]>();

  /** A block was closed that nobody has certified yet. */
  closed({ header, receipts }: Pick<ExecutedBlock, "header" | "receipts">): void {
    const publishedMs: number[] = [];
    for (const { kind, sender, submittedAt } of receipts) {
      if (kind !== "TRANSFER" && kind !== "PREPARED" && kind !== "REFUSED") continue;
      this.transactions++;
      if (kind === "REFUSED") this.refused++;
      if (kind === "PREPARED") this.crossShard++;
      this.hot.add(sender);
      publishedMs.push(submittedAt);
    }
    this.uncertified.set(header.height, publishedMs);
    const [oldest] = this.uncertified.keys();
    if (this.uncertified.size > UNCERTIFIED_MAX) this.uncertified.delete(oldest!);
  }

  /** All blocks up to a height are certified. @param atMs when the certificate was published, in milliseconds since 1970 */
  certified(height: number, atMs: number): void {
    for (const [own, publishedMs] of this.uncertified) {
      if (own > height) return;
      for (const ms of publishedMs) this.latencies.add(Math.max(0, atMs - ms));
      this.uncertified.delete(own);
    }
  }

  /** Hands out what was counted since the last time. */
  take(): BlockFigures {
    const { transactions, refused, crossShard } = this;
    this.transactions = 0;
    this.refused = 0;
    this.crossShard = 0;
    return {
      transactions,
      refused,
      crossShard,
      contractCalls: 0,
      latencyCounts: this.latencies.take(),
      hottest: this.hot.take(),
    };
  }
}
