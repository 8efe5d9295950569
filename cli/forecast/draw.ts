import { bandAt, horizonSeconds } from "./band.js";
import { BLANK, type Cell, cellsText, harmless, type Ink, wrapped } from "./canvas.js";
import type { ShardLoad, ShownDecision, ShownForecast } from "./model.js";

/** Characters of a line. */
export const WIDTH = 80;
/** Rows of the picture; each block character has eight heights. */
const ROWS = 9;
const AXIS_WIDTH = 9;
const PLOT_WIDTH = WIDTH - AXIS_WIDTH;
/** Columns ahead of now, where there is a forecast. */
const AHEAD_COLUMNS = 18;
/** Share of the capacity at which a shard is near it. */
const NEAR = 0.8;
/** A capacity beyond this many times what is drawn would flatten it; then it is only told. */
const CAPACITY_TIMES_MAX = 4;
/** Decisions told below the picture, the newest; each has a digit. */
export const DECISIONS_SHOWN = 9;
const BLOCKS = " ▁▂▃▄▅▆▇█";

export interface DrawOptions {
  /** Left edge of the picture and the moment at which what was ends, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly nowMs: number;
  readonly isColoured: boolean;
}

/** The picture's measures. */
interface Frame {
  readonly fromMs: number;
  readonly nowMs: number;
  readonly pastColumns: number;
  /** 0: nothing is drawn ahead. */
  readonly aheadColumns: number;
  readonly aheadSeconds: number;
  /** Load at the upper edge, in transactions a second. */
  readonly top: number;
  readonly isCapacityDrawn: boolean;
}

/** A shard's load, capacity, forecast and decisions, in lines of at most WIDTH characters. */
export function drawShard(shard: ShardLoad, options: DrawOptions): string[] {
  const highest = highestOfColumns(shard, options);
  const frame = frameOf(shard, options, highest);
  const columns = [
    ...highest.map((load) => loadColumn(load, shard.capacity, frame)),
    ...Array.from({ length: frame.aheadColumns }, (_, index) => aheadColumn(shard, index, frame)),
  ];
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const row = ROWS - 1 - index;
    const cells = columns.map((column, x) => withLines(column[row]!, row, x, shard.capacity, frame));
    return `${axisLabel(row, shard.capacity, frame)}${cellsText(cells, options.isColoured)}`;
  });
  const shown = shard.decisions
    .filter(({ at }) => at >= options.fromMs && at <= options.nowMs)
    .slice(-DECISIONS_SHOWN);
  return [
    ...title(shard, frame),
    ...rows,
    ...timeAxis(frame, shown, options.isColoured),
    ...forecastLines(shard.forecast),
    ...shown.flatMap(decisionLines),
  ];
}

/** Columns of what was; ahead there are columns only for a forecast. */
function pastColumns({ forecast }: ShardLoad): number {
  return hasAhead(forecast) ? PLOT_WIDTH - AHEAD_COLUMNS : PLOT_WIDTH;
}

function hasAhead(forecast: ShownForecast | null): forecast is ShownForecast {
  return forecast !== null && horizonSeconds(forecast.quantiles) > 0;
}

/** Highest load in each column's time; undefined: nothing was measured then. */
function highestOfColumns(shard: ShardLoad, { fromMs, nowMs }: DrawOptions): (number | undefined)[] {
  const columns = new Array<number | undefined>(pastColumns(shard)).fill(undefined);
  for (const { at, transactionsPerSecond } of shard.load) {
    const column = columnOf(at, fromMs, nowMs, columns.length);
    if (column !== undefined) columns[column] = Math.max(columns[column] ?? 0, transactionsPerSecond);
  }
  return columns;
}

function columnOf(at: number, fromMs: number, nowMs: number, columns: number): number | undefined {
  if (at < fromMs || at > nowMs) return undefined;
  return Math.min(columns - 1, Math.floor(((at - fromMs) / Math.max(1, nowMs - fromMs)) * columns));
}

function frameOf(
  shard: ShardLoad,
  { fromMs, nowMs }: DrawOptions,
  highest: readonly (number | undefined)[],
): Frame {
  const { forecast, capacity } = shard;
  const ahead = hasAhead(forecast) ? forecast : undefined;
  const aheadSeconds = ahead ? horizonSeconds(ahead.quantiles) : 0;
  const aheadColumns = ahead ? AHEAD_COLUMNS : 0;
  const expected = Array.from({ length: aheadColumns }, (_, index) => {
    const band = bandAt(ahead?.quantiles ?? [], aheadOf(index, aheadSeconds));
    return band?.high ?? 0;
  });
  const most = Math.max(1, ...highest.map((load) => load ?? 0), ...expected);
  const isCapacityDrawn = capacity <= CAPACITY_TIMES_MAX * most;
  const top = 1.05 * (isCapacityDrawn ? Math.max(most, capacity) : most);
  const pastLength = highest.length;
  return { fromMs, nowMs, pastColumns: pastLength, aheadColumns, aheadSeconds, top, isCapacityDrawn };
}

/** Seconds ahead of the middle of a column. */
function aheadOf(index: number, aheadSeconds: number): number {
  return ((index + 0.5) * aheadSeconds) / AHEAD_COLUMNS;
}

/** A column's cells, the lowest first. */
function loadColumn(load: number | undefined, capacity: number, { top }: Frame): Cell[] {
  if (load === undefined) return new Array<Cell>(ROWS).fill(BLANK);
  const ink: Ink = load > capacity ? "over" : load > NEAR * capacity ? "near" : "load";
  // What there is is seen, however little.
  const eighths = load > 0 ? Math.max(1, Math.round((load / top) * ROWS * 8)) : 0;
  return Array.from({ length: ROWS }, (_, row) => {
    const character = BLOCKS[Math.max(0, Math.min(8, eighths - 8 * row))]!;
    return character === " " ? BLANK : { character, ink };
  });
}

function aheadColumn({ forecast }: ShardLoad, index: number, { aheadSeconds, top }: Frame): Cell[] {
  const band = bandAt(forecast?.quantiles ?? [], aheadOf(index, aheadSeconds));
  if (!band) return new Array<Cell>(ROWS).fill(BLANK);
  const rowsOf = (load: number) => (load > 0 ? Math.max(1, Math.round((load / top) * ROWS)) : 0);
  const [median, high] = [rowsOf(band.median), rowsOf(band.high)];
  return Array.from({ length: ROWS }, (_, row) =>
    row >= high ? BLANK : { character: row < median ? "▒" : "░", ink: "forecast" as const },
  );
}

/** The row that a load is in. */
function rowOf(load: number, { top }: Frame): number {
  return Math.min(ROWS - 1, Math.floor((load / top) * ROWS));
}

/** The lines of capacity and of 80 % of it, where nothing else is; the first column ahead begins with now. */
function withLines(cell: Cell, row: number, x: number, capacity: number, frame: Frame): Cell {
  if (cell !== BLANK) return cell;
  if (frame.isCapacityDrawn && row === rowOf(capacity, frame)) return { character: "─", ink: "line" };
  if (frame.isCapacityDrawn && row === rowOf(NEAR * capacity, frame)) return { character: "╌", ink: "line" };
  return frame.aheadColumns > 0 && x === frame.pastColumns ? { character: "┊", ink: "line" } : BLANK;
}

function axisLabel(row: number, capacity: number, frame: Frame): string {
  const label =
    frame.isCapacityDrawn && row === rowOf(capacity, frame)
      ? compact(capacity)
      : frame.isCapacityDrawn && row === rowOf(NEAR * capacity, frame)
        ? "80 %"
        : row === 0
          ? "0"
          : row === ROWS - 1
            ? compact(frame.top)
            : "";
  return `${label.padStart(AXIS_WIDTH - 2)} ┤`;
}

function title(shard: ShardLoad, frame: Frame): string[] {
  const { capacity, isCapacityMeasured, load } = shard;
  const last = load.at(-1)?.transactionsPerSecond ?? 0;
  const share = capacity > 0 ? `${Math.round((100 * last) / capacity)} % of ` : "";
  const above = frame.isCapacityDrawn ? "" : ", above this picture";
  const name = shard.shard === 0 ? "main chain" : `shard ${shard.shard} (${harmless(shard.path)})`;
  const text = `${name}: ${compact(last)} a second, ${share}${compact(capacity)} (${
    isCapacityMeasured ? "measured" : "not measured"
  }${above})`;
  return wrapped(text, WIDTH, "  ");
}

/** Times below the picture, and a row of digits where decisions were made. */
function timeAxis(frame: Frame, shown: readonly ShownDecision[], isColoured: boolean): string[] {
  const { fromMs, nowMs, pastColumns: past, aheadColumns, aheadSeconds } = frame;
  const indent = " ".repeat(AXIS_WIDTH);
  const now = `${clock(nowMs)} UTC`;
  const left = clock(fromMs).padEnd(past - now.length);
  const ahead = aheadColumns > 0 ? `+${aheadSeconds} s`.padStart(aheadColumns) : "";
  const marks = new Array<Cell>(past).fill(BLANK);
  for (const [index, { at }] of shown.entries()) {
    const column = columnOf(at, fromMs, nowMs, past);
    if (column !== undefined) marks[column] = { character: String(index + 1), ink: "mark" };
  }
  return [
    ...(shown.length > 0 ? [`${indent}${cellsText(marks, isColoured)}`] : []),
    `${indent}${left}${now}${ahead}`,
  ];
}

function forecastLines(forecast: ShownForecast | null): string[] {
  if (!forecast) return ["  no forecast in the last minute"];
  const { source, model, reason, quantiles } = forecast;
  const horizon = horizonSeconds(quantiles);
  const band = bandAt(quantiles, horizon);
  const said = band
    ? `${compact(band.median)} (median) to ${compact(band.high)} a second within ${horizon} s`
    : "nothing";
  const by = model === "" ? source : `${source} ${model.slice(0, 8)}`;
  const why = reason === "" ? "" : `; ${reason}`;
  return wrapped(harmless(`  forecast by ${by}: ${said}${why}`), WIDTH, "    ");
}

function decisionLines(decision: ShownDecision, index: number): string[] {
  const { at, kind, shards, rule, reason, isDryRun, outcome } = decision;
  const what = `${isDryRun ? "would " : ""}${kind.toLowerCase()} ${shards.join(" and ")}`;
  const said = `${index + 1} ${clock(at)} ${what} (${rule}): ${reason}`;
  return [
    ...wrapped(harmless(`  ${said}`), WIDTH, "    "),
    ...wrapped(harmless(`    ${outcome ? `→ ${outcome.text}` : "→ not known yet"}`), WIDTH, "    "),
  ];
}

/** A number in at most seven characters: 0.4, 12, 1,234, 123.4k, 12.3M. */
function compact(value: number): string {
  if (value > 0 && value < 10) return value.toFixed(1);
  if (value < 100_000) return Math.round(value).toLocaleString("en");
  if (value < 1_000_000) return `${(value / 1_000).toFixed(1)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

/** HH:MM:SS, UTC. */
function clock(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19);
}
