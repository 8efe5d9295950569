import type { HeldPartition } from "./report.js";

/** What a member notes of a partition number along with its position, so that the others see it between two joins. */
export interface PartitionNote extends Omit<HeldPartition, "number"> {
  /** Share of its holder's time that goes to other things than this stage, 0 to 1. */
  readonly elsewhere: number;
}

const VERSION = 1;
/** A longer note isn't looked at; brokers take 4,096 bytes. */
const NOTE_LENGTH_MAX = 128;
const DECIMALS = 4;
const VALUE_MAX = 1_000_000;

/** `[version, work or null, lag, elsewhere]` as JSON. */
export function encodeNote({ work, lag, elsewhere }: PartitionNote): string {
  const rounded = (value: number) => Number(Math.min(VALUE_MAX, value).toFixed(DECIMALS));
  return JSON.stringify([
    VERSION,
    work === undefined ? null : rounded(work),
    rounded(lag),
    rounded(elsewhere),
  ]);
}

/** undefined: no note that can be read. */
export function decodeNote(text: string | null | undefined): PartitionNote | undefined {
  if (!text || text.length > NOTE_LENGTH_MAX) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [version, work, lag, elsewhere] = value as unknown[];
  if (version !== VERSION || !isWithin(lag, VALUE_MAX) || !isWithin(elsewhere, 1)) return undefined;
  if (work !== null && !isWithin(work, VALUE_MAX)) return undefined;
  return { work: work ?? undefined, lag, elsewhere };
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === "number" && value >= 0 && value <= max;
}
