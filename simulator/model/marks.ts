import type { SourceMark } from "./topology-records.js";

/**
 * Up to where each source partition was taken in, and for whom. A mark is for the accounts whose placement begins with its
 * prefix; without a prefix it is for all.
 */
export class Marks {
  private marks: readonly SourceMark[];

  constructor(marks: readonly SourceMark[]) {
    this.marks = marks;
  }

  /** @param bits that the sender's placement begins with */
  covers(partition: number, offset: number, bits: string): boolean {
    return this.marks.some(
      (mark) => mark.partition === partition && bits.startsWith(mark.prefix) && mark.offset >= offset,
    );
  }

  raise(partition: number, offset: number, bits: string): void {
    const others = this.marks.filter((mark) => mark.partition !== partition);
    const own = this.marks.filter((mark) => mark.partition === partition);
    const isAboveAll = own.every((mark) => mark.offset <= offset);
    const raised = own.map((mark) => (bits.startsWith(mark.prefix) ? { ...mark, offset } : mark));
    this.marks = [...others, ...(isAboveAll ? [{ partition, prefix: "", offset }] : raised)];
  }

  /** By ascending partition and prefix, as in the shard's own record. */
  get list(): SourceMark[] {
    return [...this.marks].sort(
      (left, right) => left.partition - right.partition || compareText(left.prefix, right.prefix),
    );
  }
}

export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
