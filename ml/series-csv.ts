import { MlError } from "./failure.js";
import { type Point, type Series, toSeries } from "./series.js";

/** Numbers above this are milliseconds, since as seconds they would lie after the year 5000. */
const SECONDS_MAX = 1e11;

/**
 * A series from lines `timestamp,value`. A timestamp is in seconds or milliseconds since 1970, or an ISO date. Lines that have
 * no timestamp (headers, comments, empty ones) are passed over; a value that is no number is a gap.
 * @throws MlError SERIES_UNREADABLE where no line has a timestamp, and what toSeries throws
 */
export function parseSeriesCsv(name: string, text: string): Series {
  const points = text.split(/\r?\n/).flatMap(parseLine);
  if (points.length === 0) throw new MlError("SERIES_UNREADABLE", `${name} has no line "timestamp,value"`);
  return toSeries(name, points);
}

function parseLine(line: string): Point[] {
  const [first, second] = line.split(/[,;\t]/);
  if (first === undefined || second === undefined) return [];
  const timeS = parseTime(unquote(first));
  const text = unquote(second);
  return Number.isNaN(timeS) ? [] : [{ timeS, value: text === "" ? Number.NaN : Number(text) }];
}

function parseTime(text: string): number {
  if (text === "") return Number.NaN;
  const number = Number(text);
  if (!Number.isNaN(number)) return number > SECONDS_MAX ? number / 1_000 : number;
  // Without a zone a date with a time would be read in this machine's zone.
  const isZoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  return /^\d{4}-\d\d-\d\d/.test(text)
    ? Date.parse(isZoned ? text : `${text.replace(" ", "T")}Z`) / 1_000
    : Number.NaN;
}

const unquote = (text: string) => text.trim().replace(/^"(.*)"$/, "$1");
