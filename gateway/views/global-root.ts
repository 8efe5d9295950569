import { asGlobalRoot } from "../../ledger/state/state.js";
import type { StateRecord } from "../../schemas/generated.js";

/** The root of the one tree over all shards, as the main chain has it. */
export interface GlobalRoot {
  /** Height of the main chain's block that set it. */
  readonly height: number;
  /** 64 hex digits. */
  readonly root: string;
}

/** Newest global root, fed by `shard.state`. */
export class GlobalRootView {
  private newest: GlobalRoot | undefined;

  get last(): GlobalRoot | undefined {
    return this.newest;
  }

  apply({ height, value }: StateRecord): void {
    const found = asGlobalRoot(value);
    if (found && height > (this.newest?.height ?? 0))
      this.newest = { height, root: found.root.toString("hex") };
  }
}
