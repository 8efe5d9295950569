import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { MlError, type MlErrorCode } from "../../ml/failure.js";
import { partsOf } from "../../ml/parts.js";
import type { Series } from "../../ml/series.js";
import { parseSeriesCsv } from "../../ml/series-csv.js";

const FILE = /\.csv(\.gz)?$/i;

/** A file that isn't evaluated. */
export interface Skipped {
  readonly name: string;
  readonly code: MlErrorCode;
  readonly reason: string;
}

/**
 * The series of a directory: each file `.csv` or `.csv.gz` is one, named after it, in the order of names.
 * @throws RangeError where the directory has none that can be evaluated; what reading a directory throws
 */
export function readSeries(directory: string): { series: Series[]; skipped: Skipped[] } {
  const series: Series[] = [];
  const skipped: Skipped[] = [];
  for (const file of readdirSync(directory)
    .filter((name) => FILE.test(name))
    .sort()) {
    const name = file.replace(FILE, "");
    try {
      const read = parseSeriesCsv(name, textOf(join(directory, file)));
      partsOf(read);
      series.push(read);
    } catch (error) {
      if (!(error instanceof MlError)) throw error;
      skipped.push({ name, code: error.code, reason: error.message });
    }
  }
  if (series.length === 0) {
    const reasons = skipped.map(({ code, reason }) => `\n${code}: ${reason}`).join("");
    throw new RangeError(`${directory} has no .csv or .csv.gz that can be evaluated${reasons}`);
  }
  return { series, skipped };
}

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.toLowerCase().endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}
