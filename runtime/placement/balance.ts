import { type CohortMember, cohortOf } from "../../processors/placement/cohort.js";
import { LoadMeter, type MeasuredUse } from "../../processors/placement/load-meter.js";
import { decodeNote, encodeNote } from "../../processors/placement/note.js";
import { place } from "../../processors/placement/place.js";
import { decodeReport, EMPTY_REPORT, encodeReport, type Report } from "../../processors/placement/report.js";
import type { Placement } from "../../processors/placement/terms.js";
import { assignedNumbers, type JoinedMember, type NumberPlacing, userDataOf } from "../kafka/assigner.js";
import type { GroupMember, PlacementSettings } from "./settings.js";

/** Partition numbers whose last known work is kept. */
const REMEMBERED_MAX = 4_096;
/** Notes are made of measures that are so old at most, in milliseconds. */
const NOTED_AGE_MS_MAX = 1_000;

/** A group as its coordinator shows it. */
export interface ShownGroup {
  readonly members: readonly GroupMember[];
  /** What holders noted with their positions, by partition number. */
  readonly notes: ReadonlyMap<number, string>;
}

/** A member's view of who has what in its group, and of what would be better. */
export class Balance implements NumberPlacing {
  readonly meter = new LoadMeter();
  /** The next join is this member's wish. */
  asks = false;
  private readonly remembered = new Map<number, number>();
  /** Members that shared when this one last led its group; undefined: another leads. */
  private placedMembers: number | undefined;
  private noted: { readonly atMs: number; readonly report: Report } | undefined;

  constructor(
    private readonly settings: Pick<PlacementSettings, "strategy" | "weight" | "moveCost"> & {
      readonly use: MeasuredUse;
    },
    private readonly now: () => number,
  ) {}

  /** The group has joined. */
  joined(isLeader: boolean): void {
    this.asks = false;
    if (!isLeader) this.placedMembers = undefined;
  }

  /** Whether nobody else is in the group, so that there is nothing to share. */
  get isAlone(): boolean {
    return this.placedMembers === 1;
  }

  /** What this member measured. */
  report(): Report {
    return this.meter.report(this.settings.weight, this.settings.use, this.now());
  }

  userData(): Uint8Array {
    return encodeReport({ ...this.report(), asks: this.asks });
  }

  /** What to note with a position of a partition number; null: it isn't held, or nobody would read it. */
  note(number: number): string | null {
    if (this.isAlone) return null;
    const atMs = this.now();
    if (!this.noted || Math.abs(atMs - this.noted.atMs) > NOTED_AGE_MS_MAX)
      this.noted = { atMs, report: { ...this.report(), asks: true } };
    const { held, elsewhere } = this.noted.report;
    const found = held.find((each) => each.number === number);
    return found ? encodeNote({ ...found, elsewhere }) : null;
  }

  /** As leader: everybody's report is as fresh as the join. */
  place(members: readonly JoinedMember[], numbers: readonly number[]): Placement {
    this.placedMembers = members.length;
    const cohort = members.map(({ id, userData }) => ({ id, report: decodeReport(userData) }));
    return this.placeCohort(cohort, numbers);
  }

  /**
   * Partition numbers that would be elsewhere if the group joined anew now. None while a member that reports hasn't measured
   * long enough.
   */
  wouldMove({ members, notes }: ShownGroup, ownId: string): number[] {
    const cohort = members.map(({ id, metadata, assignment }) => {
      const assigned = assignedNumbers(assignment);
      if (id === ownId) return { id, assigned, report: { ...this.report(), asks: true } };
      return { id, assigned, report: withNotes(decodeReport(userDataOf(metadata)), assigned, notes) };
    });
    const isMeasured = cohort.every(
      ({ assigned, report }) =>
        !report ||
        assigned.every((number) =>
          report.held.some((held) => held.number === number && held.work !== undefined),
        ),
    );
    if (!isMeasured) return [];
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

/** A report from the last join, brought up to date by what its member noted since. */
function withNotes(
  report: Report | undefined,
  assigned: readonly number[],
  notes: ReadonlyMap<number, string>,
): Report | undefined {
  const read = assigned.flatMap((number) => {
    const note = decodeNote(notes.get(number));
    return note ? [{ number, ...note }] : [];
  });
  if (!report && read.length === 0) return undefined;
  return { ...(report ?? EMPTY_REPORT), held: read, elsewhere: read[0]?.elsewhere ?? report?.elsewhere ?? 0 };
}
