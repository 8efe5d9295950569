import { DEFAULT_WEIGHT, WEIGHT_MAX } from "./terms.js";

/** What a member says of itself when it joins its group. */
export interface Report {
  readonly weight: number;
  /** Share of its time that goes to other things than this stage, 0 to 1. */
  readonly elsewhere: number;
  /** It asked for this join, for what it is busy with elsewhere or because of load. */
  readonly asks: boolean;
  /** Partition numbers whose tasks it runs or tries to open. */
  readonly held: readonly HeldPartition[];
  /** Partition numbers that didn't get on here, held or not. */
  readonly stuck: readonly number[];
}

export interface HeldPartition {
  readonly number: number;
  /** Seconds of the member's time that it takes per second; undefined: not measured long enough. */
  readonly work: number | undefined;
  /** Seconds of steps that its unread records will take. */
  readonly lag: number;
}

export const EMPTY_REPORT: Report = {
  weight: DEFAULT_WEIGHT,
  elsewhere: 0,
  asks: false,
  held: [],
  stuck: [],
};

const VERSION = 1;
/** Partitions that one member reports; what is beyond counts as unknown. */
export const REPORTED_MAX = 2_048;
/** A longer report isn't looked at. */
export const REPORT_BYTES_MAX = 128 * 1_024;
const NUMBER_MAX = 1_000_000;
/** More seconds of work per second, or of lag, make no difference. */
const WORK_MAX = 16;
const LAG_S_MAX = 86_400;
/** Four decimals of a share: finer than anything that is measured. */
const DECIMALS = 4;

/** `{v, w, e, a, p: [[number, work or null, lag]…], s: [number…]}` as JSON in UTF-8. */
export function encodeReport({ weight, elsewhere, asks, held, stuck }: Report): Uint8Array {
  const rounded = (value: number, max: number) => Number(Math.min(max, Math.max(0, value)).toFixed(DECIMALS));
  return new TextEncoder().encode(
    JSON.stringify({
      v: VERSION,
      w: weight,
      e: rounded(elsewhere, 1),
      a: asks,
      p: held
        .slice(0, REPORTED_MAX)
        .map(({ number, work, lag }) => [
          number,
          work === undefined ? null : rounded(work, WORK_MAX),
          rounded(lag, LAG_S_MAX),
        ]),
      s: stuck.slice(0, REPORTED_MAX),
    }),
  );
}

/** A member's report; undefined for what is none, or none of this version: of such a member nothing is known. */
export function decodeReport(bytes: Uint8Array): Report | undefined {
  if (bytes.length === 0 || bytes.length > REPORT_BYTES_MAX) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { v, w, e, a, p, s } = value as Record<string, unknown>;
  if (v !== VERSION || typeof a !== "boolean" || !isWithin(w, WEIGHT_MAX) || w === 0 || !isWithin(e, 1))
    return undefined;
  const held = listOf(p, heldOf);
  const stuck = listOf(s, (each) => (isNumber(each) ? each : undefined));
  return held && stuck && { weight: w, elsewhere: e, asks: a, held, stuck };
}

function heldOf(value: unknown): HeldPartition | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [number, work, lag] = value as unknown[];
  if (!isNumber(number) || !isWithin(lag, LAG_S_MAX)) return undefined;
  if (work !== null && !isWithin(work, WORK_MAX)) return undefined;
  return { number, work: work ?? undefined, lag };
}

/** All of a list, or nothing where one of it is wrong or there are too many. */
function listOf<T>(value: unknown, read: (each: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > REPORTED_MAX) return undefined;
  const all: T[] = [];
  for (const each of value as unknown[]) {
    const one = read(each);
    if (one === undefined) return undefined;
    all.push(one);
  }
  return all;
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max;
}

function isNumber(value: unknown): value is number {
  return isWithin(value, NUMBER_MAX) && Number.isInteger(value);
}
