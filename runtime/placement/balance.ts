import { type CohortMember, cohortOf } from "../../processors/placement/cohort.js";
import { LoadMeter } from "../../processors/placement/load-meter.js";
import { place } from "../../processors/placement/place.js";
import { decodeReport, encodeReport, type Report } from "../../processors/placement/report.js";
import type { Placement } from "../../processors/placement/terms.js";
import { assignedNumbers, type JoinedMember, type NumberPlacing, userDataOf } from "../kafka/assigner.js";
import type { GroupMember, PlacementSettings } from "./settings.js";

/** Partition numbers whose last known work is kept. */
const REMEMBERED_MAX = 4_096;

/** A member's view of who has what in its group, and of what would be better. */
export class Balance implements NumberPlacing {
  readonly meter = new LoadMeter();
  private readonly remembered = new Map<number, number>();

  constructor(
    private readonly settings: Pick<PlacementSettings, "strategy" | "weight" | "moveCost" | "busyShare">,
    private readonly now: () => number,
  ) {}

  /** What this member measured. */
  report(): Report {
    return this.meter.report(this.settings.weight, this.settings.busyShare(), this.now());
  }

  userData(): Uint8Array {
    return encodeReport(this.report());
  }

  /** As leader: everybody's report is as fresh as the join. */
  place(members: readonly JoinedMember[], numbers: readonly number[]): Placement {
    const cohort = members.map(({ id, userData }) => ({ id, report: decodeReport(userData) }));
    return this.placeCohort(cohort, numbers);
  }

  /**
   * Partition numbers that would be elsewhere if the group joined anew now, by what this member measures and what the others
   * said when they joined.
   */
  wouldMove(members: readonly GroupMember[], ownId: string): number[] {
    const cohort = members.map(({ id, metadata, assignment }) => ({
      id,
      report: id === ownId ? this.report() : decodeReport(userDataOf(metadata)),
      assigned: assignedNumbers(assignment),
    }));
    const numbers = cohort.flatMap(({ assigned }) => assigned);
    const placement = this.placeCohort(cohort, numbers);
    return cohort
      .flatMap(({ id, assigned }) => assigned.filter((number) => !placement.get(id)!.includes(number)))
      .sort((a, b) => a - b);
  }

  private placeCohort(cohort: readonly CohortMember[], numbers: readonly number[]): Placement {
    const { strategy, moveCost } = this.settings;
    const input = cohortOf(cohort, numbers, this.remembered);
    for (const { number, work } of input.partitions) {
      if (work === undefined) continue;
      if (this.remembered.size < REMEMBERED_MAX || this.remembered.has(number))
        this.remembered.set(number, work);
    }
    return place({ ...input, strategy, moveCost });
  }
}
