import { ascending } from "./loads.js";
import { EMPTY_REPORT, type Report } from "./report.js";
import type { PlacedPartition, PlacementMember } from "./terms.js";

/** A member as its group knows it. */
export interface CohortMember {
  readonly id: string;
  /** undefined: it sent none that can be read, and nothing is known of it. */
  readonly report: Report | undefined;
  /** What the group gave it, where that is known; left out: what its report says. */
  readonly assigned?: readonly number[];
}

/**
 * Members and partitions as `place` takes them.
 *
 * What members do elsewhere counts only where one asked for it. When a process comes or goes all its stages share out anew at
 * once, and each would give it what all of them see: evenly shared they leave it as busy as the others.
 * @param numbers all partition numbers that there are
 * @param remembered work by partition number that was known before, for those that nobody reports now: their member died
 */
export function cohortOf(
  cohort: readonly CohortMember[],
  numbers: readonly number[],
  remembered: ReadonlyMap<number, number>,
): { members: PlacementMember[]; partitions: PlacedPartition[] } {
  const ordered = [...cohort].sort((a, b) => (a.id < b.id ? -1 : 1));
  const holders = holdersOf(ordered);
  const isAsked = ordered.some(({ report }) => report?.asks);
  const members = ordered.map(({ id, report = EMPTY_REPORT }) => ({
    id,
    weight: report.weight,
    elsewhere: isAsked ? report.elsewhere : 0,
    stuck: report.stuck,
    holds: [...holders].filter(([, holder]) => holder === id).map(([number]) => number),
  }));
  const partitions = [...new Set(numbers)].sort(ascending).map((number): PlacedPartition => {
    const reports = ordered.flatMap(({ id, report }) => {
      const held = report?.held.find((each) => each.number === number);
      return held ? [{ id, held }] : [];
    });
    const own = reports.find(({ id }) => holders.get(number) === id)?.held;
    const work = own?.work ?? reports.find(({ held }) => held.work !== undefined)?.held.work;
    // Somebody else's lag says nothing about who has the partition now.
    return { number, work: work ?? remembered.get(number), lag: own?.lag ?? 0 };
  });
  return { members, partitions };
}

/** Who has each partition number. Of two that say so, one may have lost it unawares: the one that measures work has it. */
function holdersOf(ordered: readonly CohortMember[]): Map<number, string> {
  const holders = new Map<number, string>();
  const isMeasured = new Set<number>();
  for (const { id, report, assigned } of ordered) {
    const works = new Map(report?.held.map(({ number, work }) => [number, work]));
    for (const number of assigned ?? works.keys()) {
      const measures = works.get(number) !== undefined;
      if (holders.has(number) && (isMeasured.has(number) || !measures)) continue;
      holders.set(number, id);
      if (measures) isMeasured.add(number);
    }
  }
  return holders;
}
