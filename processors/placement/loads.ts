import type { PlacedPartition, PlacementMember } from "./terms.js";

/** Unread records are to be worked off within a minute: so much their work adds to a partition's load. */
const CATCH_UP_S = 60;
/** What waits counts at most as much as one process. */
const CATCH_UP_LOAD_MAX = 1;

/** Load of each partition as a share of an ordinary process; one that nobody measured counts like the mean of the others. */
export function loadsOf(partitions: readonly PlacedPartition[]): Map<number, number> {
  const known = partitions.flatMap(({ work }) => work ?? []);
  const typical = known.length > 0 ? known.reduce((sum, work) => sum + work, 0) / known.length : 0;
  return new Map(
    partitions.map(({ number, work, lag }) => [
      number,
      (work ?? typical) + Math.min(CATCH_UP_LOAD_MAX, lag / CATCH_UP_S),
    ]),
  );
}

/** A member while partitions are shared out. */
export interface Share {
  readonly member: PlacementMember;
  /** What it can do, 1 being an ordinary one. */
  readonly capacity: number;
  /** Its part of the partitions' number: the weight only, for how busy it is shows in the loads. */
  readonly weight: number;
  readonly numbers: Set<number>;
  load: number;
}

/** How busy a member is with a load: 1 is all of its time. */
export function busyWith({ capacity }: Share, load: number): number {
  return load / capacity;
}

export function busy(share: Share): number {
  return busyWith(share, share.load);
}

/** Gives and takes partitions, keeping each member's load. */
export class Table {
  constructor(
    readonly shares: readonly Share[],
    readonly loads: ReadonlyMap<number, number>,
    private readonly stuckCounts: ReadonlyMap<number, number>,
  ) {}

  loadOf(number: number): number {
    return this.loads.get(number)!;
  }

  /** A partition that is stuck at one member only is for another; what two couldn't run stays where it is. */
  isRefused(number: number, { member }: Share): boolean {
    return this.shares.length > 1 && this.stuckCounts.get(number) === 1 && member.stuck.includes(number);
  }

  /** Whether it was offered to another member, and is stuck there as well. */
  isStuckForGood(number: number): boolean {
    return (this.stuckCounts.get(number) ?? 0) > 1;
  }

  give(number: number, share: Share): void {
    share.numbers.add(number);
    share.load += this.loadOf(number);
  }

  move(number: number, from: Share, to: Share): void {
    from.numbers.delete(number);
    // Summed anew: differences would leave crumbs, and equal shares must be equal.
    from.load = [...from.numbers].sort(ascending).reduce((sum, each) => sum + this.loadOf(each), 0);
    this.give(number, to);
  }

  /** Partitions of a member that may go to another, heaviest first. */
  movable(from: Share, to: Share): number[] {
    return [...from.numbers]
      .filter((number) => !this.isStuckForGood(number) && !this.isRefused(number, to))
      .sort((a, b) => this.loadOf(b) - this.loadOf(a) || a - b);
  }
}

export function ascending(a: number, b: number): number {
  return a - b;
}
