import { merkleRootOf } from "../../ledger/merkle.js";
import { codec } from "../../schemas/codec.js";
import type { Receipt } from "../../schemas/generated.js";
import type { InputRecord } from "../stage.js";
import { Coverage } from "./coverage.js";
import type { Difference } from "./difference.js";
import type { Check } from "./follower.js";
import type { OwnBlocks } from "./own-blocks.js";

interface Gathered {
  readonly results: Buffer[];
  readonly offset: number;
  count: number;
}

/**
 * shard.receipts: those that name our digest are all there and hash to our receiptsRoot. Others count for nobody. Only what is
 * incomplete is kept.
 */
export class ReceiptCheck implements Check<Receipt> {
  private readonly coverage: Coverage;
  private readonly gathered = new Map<number, Gathered>();

  /** @param isTrimmed whether retention has taken the earliest */
  constructor(
    private readonly own: OwnBlocks,
    private readonly patience: number,
    isTrimmed: boolean,
  ) {
    this.coverage = new Coverage(isTrimmed, own.start + 1);
  }

  /** Heights whose receipts were compared. */
  get compared(): number {
    return this.coverage.count;
  }

  heightOf(receipt: Receipt): number {
    return receipt.height;
  }

  take(receipt: Receipt | undefined, { offset }: InputRecord): Difference | undefined {
    const { own } = this;
    if (!receipt) return this.differs(own.height, "a record can't be read", offset);
    const { height, digest, index, count, result } = receipt;
    if (!own.has(height, digest)) return undefined;
    const roots = own.rootsAt(height);
    if (!roots) return this.differs(height, "written again long after the block", offset);
    if (count !== roots.receiptCount || index < 0 || index >= count)
      return this.differs(
        height,
        `number ${index} of ${count}, and the block has ${roots.receiptCount}`,
        offset,
      );
    const bytes = codec("ReceiptResult").encode(result);
    const gathered: Gathered = this.gathered.get(height) ?? { results: [], offset, count: 0 };
    const before = gathered.results[index];
    if (before && !before.equals(bytes)) return this.differs(height, `two receipts number ${index}`, offset);
    if (before) return undefined;
    gathered.results[index] = bytes;
    gathered.count++;
    this.gathered.set(height, gathered);
    if (gathered.count < count) return undefined;
    this.gathered.delete(height);
    if (!merkleRootOf(gathered.results).equals(roots.receiptsRoot))
      return this.differs(height, "receipts that name the block are not the log's", gathered.offset);
    this.coverage.cover(height);
    return undefined;
  }

  blockDone(height: number): Difference | undefined {
    if (this.own.rootsAt(height)?.receiptCount === 0) this.coverage.ignore(height);
    return this.judge(height - this.patience);
  }

  finish(): Difference | undefined {
    const missing = this.judge(this.own.height);
    if (missing) return missing;
    // Blocks are written whole: what has begun and isn't complete is not execute's.
    for (const [height, { offset }] of this.gathered)
      if (!this.coverage.isBeforeStart(height))
        return this.differs(height, "receipts that name the block are incomplete", offset);
    return undefined;
  }

  private judge(limit: number): Difference | undefined {
    const gap = this.coverage.gap(limit);
    return gap === undefined ? undefined : this.differs(gap, "receipts are missing");
  }

  private differs(height: number, what: string, offset?: number): Difference {
    const place = offset === undefined ? {} : { offset };
    return {
      code: "RECEIPTS_DIFFER",
      shard: this.own.shard,
      height,
      ...place,
      message: `shard.receipts: ${what}`,
    };
  }
}
