import type { ShownPolicy, Stretch } from "../../ml/evaluation/shown.js";

const WIDTH = 960;
const LEFT = 50;
const RIGHT = 16;
const TOP = 78;
const PANEL = 210;
const GAP = 58;
const HEIGHT = TOP + 2 * PANEL + GAP + 44;
const LEGEND =
  "Load (black) and capacity (green) in shards, overload (red), splits ▲, merges ▽; counts are of the whole evaluated part";
const LOAD = "#2e3440";
const BAND = "#9fc5b8";
const CAPACITY = "#2e7d6b";
const OVERLOAD = "#c0392b";
const HOUR_S = 3_600;
const TICKS_MAX = 8;

/** Load, capacity and overload under the threshold's rule, and below it under the forecast's, with what was forecast. */
export function forecastPicture(stretch: Stretch): string {
  const { name, model, stepS, effect, startS, load, median, high, steps, policies } = stretch;
  const { threshold, forecast } = policies;
  const most =
    1.05 * Math.max(...[...load, ...threshold.capacity, ...forecast.capacity].filter(Number.isFinite));
  const x = (at: number) => LEFT + (at / load.length) * (WIDTH - LEFT - RIGHT);
  const minutes = `${Math.round((stepS / 60) * 10) / 10} min`;
  const title = `${name}: a change takes ${effect} steps of ${minutes}`;
  const panel = (top: number, text: string, policy: ShownPolicy, band: string) => {
    const y = (value: number) => top + PANEL - (Math.min(value, most) / most) * PANEL;
    const overloads = load.flatMap((value, at) =>
      value > policy.capacity[at]!
        ? [
            `<rect x="${x(at).toFixed(1)}" y="${top}" width="${(x(1) - x(0)).toFixed(1)}" height="${PANEL}" fill="${OVERLOAD}" opacity="0.25"/>`,
          ]
        : [],
    );
    return (
      `<text x="${LEFT}" y="${top - 8}">${text}</text>` +
      `<rect x="${LEFT}" y="${top}" width="${WIDTH - LEFT - RIGHT}" height="${PANEL}" fill="none" stroke="#d8dee9"/>` +
      levels(most, y) +
      overloads.join("") +
      band +
      line(steplike(policy.capacity, x, y), `stroke="${CAPACITY}" stroke-width="2"`) +
      line(
        load.map((value, at) => `${x(at + 0.5).toFixed(1)},${y(value).toFixed(1)}`),
        `stroke="${LOAD}" stroke-width="1.3"`,
      ) +
      changes(policy.shards, x, top + PANEL)
    );
  };
  const below = TOP + PANEL + GAP;
  const yBelow = (value: number) => below + PANEL - (Math.min(value, most) / most) * PANEL;
  const edge = (values: readonly number[]) =>
    values.flatMap((value, at) =>
      Number.isFinite(value) ? [`${x(at + 0.5).toFixed(1)},${yBelow(value).toFixed(1)}`] : [],
    );
  const band = `<polygon points="${[...edge(high), ...edge(median).reverse()].join(" ")}" fill="${BAND}" opacity="0.7"/>`;
  const total = ({ overloadedSteps, shardTime }: ShownPolicy) =>
    `${overloadedSteps} of ${steps} steps overloaded, ${(shardTime / threshold.shardTime).toFixed(2)} of the shard-time`;
  const { settings, fallback } = forecast.rule;
  const rule = fallback ? `the rule of ${fallback}` : `${settings.level} quantile, ${settings.split} full`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">` +
    `<title>${title}</title><rect width="100%" height="100%" fill="#fff"/>` +
    `<text x="12" y="24" font-size="14">${title}</text>` +
    `<text x="12" y="42" fill="#555">${LEGEND}</text>` +
    panel(TOP, `split at 80 %: ${total(threshold)}`, threshold, "") +
    panel(
      below,
      `by forecast (${model}; ${rule}): ${total(forecast)}; band: median to 0.9 quantile, said ${effect} steps before`,
      forecast,
      band,
    ) +
    times(startS, stepS, load.length, x) +
    "</svg>\n"
  );
}

function levels(most: number, y: (value: number) => number): string {
  const every = Math.max(1, Math.ceil(most / 6));
  return Array.from({ length: Math.floor(most / every) + 1 }, (_, at) => {
    const at_ = y(at * every).toFixed(1);
    return (
      `<line x1="${LEFT}" y1="${at_}" x2="${WIDTH - RIGHT}" y2="${at_}" stroke="#eceff4"/>` +
      `<text x="${LEFT - 8}" y="${at_}" text-anchor="end">${at * every}</text>`
    );
  }).join("");
}

function steplike(values: readonly number[], x: (at: number) => number, y: (value: number) => number) {
  return values.flatMap((value, at) =>
    Number.isFinite(value)
      ? [`${x(at).toFixed(1)},${y(value).toFixed(1)}`, `${x(at + 1).toFixed(1)},${y(value).toFixed(1)}`]
      : [],
  );
}

const line = (points: readonly string[], style: string) =>
  `<polyline fill="none" points="${points.join(" ")}" ${style}/>`;

/** Where shards began to be more, or fewer. */
function changes(shards: readonly number[], x: (at: number) => number, bottom: number): string {
  return shards
    .flatMap((count, at) => {
      const before = shards[at - 1];
      if (before === undefined || count === before || Number.isNaN(count - before)) return [];
      const mark = count > before ? "▲" : "▽";
      return [
        `<text x="${x(at).toFixed(1)}" y="${bottom + 12}" font-size="9" text-anchor="middle">${mark}</text>`,
      ];
    })
    .join("");
}

/** Days and hours of UTC along the bottom. */
function times(startS: number, stepS: number, steps: number, x: (at: number) => number): string {
  const spanS = stepS * steps;
  const every =
    [60, 300, 900, HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S].find(
      (step) => spanS / step <= TICKS_MAX,
    ) ?? spanS;
  const first = Math.ceil(startS / every) * every;
  return Array.from({ length: Math.floor((startS + spanS - first) / every) + 1 }, (_, at) => {
    const second = first + at * every;
    const text = new Date(1_000 * second).toISOString().slice(5, 16).replace("T", " ");
    return `<text x="${x((second - startS) / stepS).toFixed(1)}" y="${HEIGHT - 14}" text-anchor="middle" fill="#555">${text}</text>`;
  }).join("");
}
