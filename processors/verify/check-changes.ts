import { changesRootOf } from "../../ledger/state/encoded-changes.js";
import type { BlockChanges } from "../../schemas/generated.js";
import { encodedChangesOf } from "../chain/certified-changes.js";
import type { InputRecord } from "../stage.js";
import { Coverage } from "./coverage.js";
import type { Difference } from "./difference.js";
import type { Check } from "./follower.js";
import type { OwnBlocks } from "./own-blocks.js";

/** shard.changes: those that name our digest hash to our changesRoot, and none is missing in between. */
export class ChangesCheck implements Check<BlockChanges> {
  private readonly coverage: Coverage;

  /** @param isTrimmed whether retention has taken the earliest */
  constructor(
    private readonly own: OwnBlocks,
    private readonly patience: number,
    isTrimmed: boolean,
  ) {
    this.coverage = new Coverage(isTrimmed, own.start + 1);
  }

  /** Heights whose changes were compared. */
  get compared(): number {
    return this.coverage.count;
  }

  heightOf(changes: BlockChanges): number {
    return changes.height;
  }

  take(changes: BlockChanges | undefined, { offset }: InputRecord): Difference | undefined {
    const { own } = this;
    if (!changes) return this.differs(own.height, "a record can't be read", offset);
    const { height, digest } = changes;
    if (!own.has(height, digest)) return undefined;
    const roots = own.rootsAt(height);
    if (!roots) return this.differs(height, "written again long after the block", offset);
    if (!changesRootOf(encodedChangesOf(changes)).equals(roots.changesRoot))
      return this.differs(height, "changes that name the block are not the log's", offset);
    this.coverage.cover(height);
    return undefined;
  }

  blockDone(height: number): Difference | undefined {
    return this.judge(height - this.patience);
  }

  finish(): Difference | undefined {
    return this.judge(this.own.height);
  }

  private judge(limit: number): Difference | undefined {
    const gap = this.coverage.gap(limit);
    return gap === undefined ? undefined : this.differs(gap, "changes are missing");
  }

  private differs(height: number, what: string, offset?: number): Difference {
    const place = offset === undefined ? {} : { offset };
    return {
      code: "CHANGES_DIFFER",
      shard: this.own.shard,
      height,
      ...place,
      message: `shard.changes: ${what}`,
    };
  }
}
