import type { Mark } from "../../schemas/generated.js";
import type { StateKey } from "../state/key.js";
import { isUnderPrefix } from "./prefix.js";

/**
 * Up to which offset of each source partition a shard has taken transactions in. After a merge there are two for a partition,
 * each for the accounts of one half, until an offset above both comes: a partition's transactions come in order, so then there
 * is nothing between them.
 */
export class SourceMarks {
  private readonly byPartition = new Map<number, Mark[]>();

  constructor(marks: readonly Mark[]) {
    for (const mark of marks)
      this.byPartition.set(mark.partition, [...(this.byPartition.get(mark.partition) ?? []), mark]);
  }

  /** Whether an offset of a partition is taken in already, as far as a key is concerned. */
  has(partition: number, offset: number, sender: StateKey): boolean {
    const marks = this.byPartition.get(partition);
    return marks?.some((mark) => offset <= mark.offset && isUnderPrefix(mark.prefix, sender)) ?? false;
  }

  take(partition: number, offset: number, sender: StateKey): void {
    const marks = this.byPartition.get(partition);
    if (!marks || marks.every((mark) => mark.offset <= offset)) {
      this.byPartition.set(partition, [{ partition, prefix: "", offset }]);
      return;
    }
    this.byPartition.set(
      partition,
      marks.map((mark) => (isUnderPrefix(mark.prefix, sender) ? { ...mark, offset } : mark)),
    );
  }

  /** By ascending partition and prefix. */
  get all(): Mark[] {
    return [...this.byPartition]
      .sort(([a], [b]) => a - b)
      .flatMap(([, marks]) => [...marks].sort((a, b) => (a.prefix < b.prefix ? -1 : 1)));
  }
}
