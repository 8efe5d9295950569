import { ascending } from "./loads.js";
import { EMPTY_REPORT, type HeldPartition, type Report } from "./report.js";

/** Work is averaged over about so long, in milliseconds. */
const AVERAGED_MS = 10_000;
/** Less than this says nothing about a partition's load, in milliseconds. */
const MEASURED_MS_MIN = 3_000;
/** A task that has caught up to so many records of each input does the ordinary work from then on. */
const SETTLED_RECORDS = 64;
/** A task that never catches up is overloaded, not catching up; and one without records has nothing to catch up with. In milliseconds. */
const SETTLE_MS_MAX = 60_000;
const QUIET_MS = 5_000;
/** A lag that wasn't seen again for so long isn't known any more, in milliseconds. */
const LAG_AGE_MS_MAX = 30_000;
/** A task that failed before so many looks at a group that answers, and did nothing in between, doesn't get on. */
const STRIKES_MAX = 3;
/** So long a partition that was stuck here and went to another member isn't taken back, in milliseconds. */
const STUCK_KEPT_MS = 600_000;

/** What a process' time goes to. */
export interface MeasuredUse {
  /** Share of it that is used for anything, 0 to 1. */
  readonly busy: number;
  /** How many times the time of a step goes with it, at least 1. */
  readonly overhead: number;
}

interface Meter {
  readonly openedAtMs: number;
  /** Since when it does its ordinary work; undefined: it still catches up. */
  settledAtMs: number | undefined;
  fetched: boolean;
  /** Milliseconds of steps, weighted by age, as of `atMs`. */
  workMs: number;
  atMs: number;
  /** All steps and what they wrote, and their records: what a record takes. */
  takenMs: number;
  taken: number;
  readonly lags: Map<string, { readonly records: number; readonly atMs: number }>;
}

interface Trouble {
  failedSinceLook: boolean;
  /** It was opened again since. */
  isOpen: boolean;
  strikes: number;
  isStuck: boolean;
  /** When the partition was taken away; undefined: it is held. */
  lostAtMs: number | undefined;
}

/** What a member measures of the partition numbers that it holds, and which of them don't get on. Times are the caller's. */
export class LoadMeter {
  private readonly meters = new Map<number, Meter>();
  private readonly troubles = new Map<number, Trouble>();

  /** The member has exactly these partition numbers from now on. */
  assigned(numbers: ReadonlySet<number>, nowMs: number): void {
    for (const number of this.meters.keys()) if (!numbers.has(number)) this.meters.delete(number);
    for (const [number, trouble] of this.troubles) {
      if (numbers.has(number)) trouble.lostAtMs = undefined;
      else if (trouble.isStuck) trouble.lostAtMs ??= nowMs;
      else this.troubles.delete(number);
    }
    for (const number of numbers) if (!this.meters.has(number)) this.begin(number, nowMs);
  }

  /** A task begins anew: what it does first is catching up. */
  opened(number: number, nowMs: number): void {
    const trouble = this.troubles.get(number);
    if (trouble) trouble.isOpen = true;
    this.begin(number, nowMs);
  }

  private begin(number: number, nowMs: number): void {
    this.meters.set(number, {
      openedAtMs: nowMs,
      settledAtMs: undefined,
      fetched: false,
      workMs: 0,
      atMs: nowMs,
      takenMs: 0,
      taken: 0,
      lags: new Map(),
    });
  }

  /** A step took so many records and so long, and wrote for so long, in milliseconds. */
  stepped(
    number: number,
    times: { readonly taken: number; readonly stepMs: number; readonly performMs: number },
    nowMs: number,
  ): void {
    this.troubles.delete(number);
    const meter = this.meters.get(number);
    if (!meter) return;
    meter.takenMs += times.stepMs + times.performMs;
    meter.taken += times.taken;
    if (meter.settledAtMs === undefined) return;
    age(meter, nowMs);
    meter.workMs += times.stepMs;
  }

  /** A fetch left so many records of an input unread. */
  fetched(number: number, input: string, lagRecords: number, nowMs: number): void {
    const meter = this.meters.get(number);
    if (!meter) return;
    meter.fetched = true;
    meter.lags.set(input, { records: lagRecords, atMs: nowMs });
    const hasCaughtUp = [...meter.lags.values()].every(({ records }) => records <= SETTLED_RECORDS);
    if (hasCaughtUp) settle(meter, nowMs);
  }

  /** A task ended with an error; `isFinal`: it isn't opened again. */
  failed(number: number, isFinal: boolean): void {
    const before = this.troubles.get(number);
    this.troubles.set(number, {
      failedSinceLook: true,
      isOpen: false,
      strikes: before?.strikes ?? 0,
      isStuck: isFinal || (before?.isStuck ?? false),
      lostAtMs: undefined,
    });
  }

  /** The group was looked at, so the broker is there: what fails meanwhile is the task's fault. */
  looked(): void {
    for (const trouble of this.troubles.values()) {
      if (trouble.failedSinceLook) trouble.strikes++;
      // Without records it has nothing to show but that it stays open. One that still opens may take its time.
      else if (trouble.isOpen) trouble.strikes = 0;
      trouble.failedSinceLook = false;
      if (trouble.strikes >= STRIKES_MAX) trouble.isStuck = true;
    }
  }

  /** What the member says of itself: each partition's work with what goes with its steps. */
  report(weight: number, { busy, overhead }: MeasuredUse, nowMs: number): Report {
    for (const [number, { lostAtMs }] of this.troubles)
      if (lostAtMs !== undefined && nowMs - lostAtMs > STUCK_KEPT_MS) this.troubles.delete(number);
    const held = [...this.meters.keys()]
      .sort(ascending)
      .map((number) => this.heldAt(number, overhead, nowMs));
    const own = held.reduce((sum, { work = 0 }) => sum + work, 0);
    const isMeasured = held.every(({ work }) => work !== undefined);
    return {
      ...EMPTY_REPORT,
      weight,
      // While a task catches up its steps are in `busy` and in no work: they must not pass for something else.
      elsewhere: isMeasured ? Math.min(1, Math.max(0, busy - own)) : 0,
      held,
      stuck: [...this.troubles]
        .filter(([, { isStuck }]) => isStuck)
        .map(([number]) => number)
        .sort(ascending),
    };
  }

  private heldAt(number: number, overhead: number, nowMs: number): HeldPartition {
    const meter = this.meters.get(number)!;
    const waitedMs = nowMs - meter.openedAtMs;
    if (waitedMs > SETTLE_MS_MAX || (!meter.fetched && waitedMs > QUIET_MS)) settle(meter, nowMs);
    if (meter.settledAtMs === undefined || nowMs - meter.settledAtMs < MEASURED_MS_MIN)
      return { number, work: undefined, lag: 0 };
    age(meter, nowMs);
    // Of a short time the average isn't complete: what is missing would count as idle.
    const complete = 1 - Math.exp(-(nowMs - meter.settledAtMs) / AVERAGED_MS);
    let records = 0;
    for (const lag of meter.lags.values()) if (nowMs - lag.atMs <= LAG_AGE_MS_MAX) records += lag.records;
    const recordMs = meter.taken > 0 ? meter.takenMs / meter.taken : 0;
    const stepShare = meter.workMs / (AVERAGED_MS * complete);
    return { number, work: stepShare * overhead, lag: (records * recordMs) / 1_000 };
  }
}

function settle(meter: Meter, nowMs: number): void {
  if (meter.settledAtMs !== undefined) return;
  meter.settledAtMs = nowMs;
  meter.atMs = nowMs;
}

function age(meter: Meter, nowMs: number): void {
  meter.workMs *= Math.exp(-Math.max(0, nowMs - meter.atMs) / AVERAGED_MS);
  meter.atMs = nowMs;
}
