import { digestOf } from "../../ledger/block/header.js";
import type { BlockHeader } from "../../schemas/generated.js";
import type { InputRecord } from "../stage.js";
import { Coverage } from "./coverage.js";
import type { Difference } from "./difference.js";
import type { Check } from "./follower.js";
import type { OwnBlocks } from "./own-blocks.js";

/** shard.blocks: the last header of each height is ours. execute may have written others before, and corrected them. */
export class HeaderCheck implements Check<BlockHeader> {
  private readonly coverage: Coverage;
  /** Offset of the last header of a height, where that isn't ours. */
  private readonly wrong = new Map<number, number>();

  /** @param patience blocks within which a height may be corrected */
  constructor(
    private readonly own: OwnBlocks,
    private readonly patience: number,
  ) {
    this.coverage = new Coverage(false, own.start + 1);
  }

  heightOf(header: BlockHeader): number {
    return header.height;
  }

  take(header: BlockHeader | undefined, { offset }: InputRecord): Difference | undefined {
    const { own, coverage, wrong } = this;
    if (!header) return this.differs(own.height, "a record can't be read", offset);
    const { height } = header;
    if (own.has(height, digestOf(header))) {
      wrong.delete(height);
      coverage.cover(height);
    } else wrong.set(height, offset);
    return undefined;
  }

  blockDone(height: number): Difference | undefined {
    return this.judge(height - this.patience);
  }

  finish(): Difference | undefined {
    return this.judge(this.own.height);
  }

  private judge(limit: number): Difference | undefined {
    let lowest: number | undefined;
    for (const height of this.wrong.keys())
      if (height <= limit && (lowest === undefined || height < lowest)) lowest = height;
    const gap = this.coverage.gap(limit);
    if (lowest !== undefined && (gap === undefined || lowest <= gap))
      return this.differs(lowest, "the last header is not the log's", this.wrong.get(lowest));
    return gap === undefined ? undefined : this.differs(gap, "the header is missing");
  }

  private differs(height: number, what: string, offset?: number): Difference {
    const place = offset === undefined ? {} : { offset };
    return {
      code: "HEADER_DIFFERS",
      shard: this.own.shard,
      height,
      ...place,
      message: `shard.blocks: ${what}`,
    };
  }
}
