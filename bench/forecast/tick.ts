import { fitRidge, ridgeForecasts } from "../../ml/baselines/fit-ridge.js";
import { historyOf } from "../../ml/features/history.js";
import { maseScale } from "../../ml/metrics.js";
import { useBackend } from "../../ml/network/backend.js";
import { forecastAt } from "../../ml/network/forecast.js";
import { buildNetwork, NETWORK_DEFAULTS } from "../../ml/network/network.js";
import { partsOf } from "../../ml/parts.js";
import { seededRandom } from "../../ml/random.js";
import { toSeries } from "../../ml/series.js";
import { quantile } from "../../ml/statistics.js";

const SHARDS = 64;
/** What a shard's forecast is made from: more than half an hour of seconds. */
const STEPS = 2_000;
const TICKS = 40;

/** What a tick costs that forecasts every shard once: history, ridge, network. Processor time, so that neighbours don't count. */
export async function runTick(seed: number) {
  const backend = await useBackend();
  const random = seededRandom(seed);
  const shards = Array.from({ length: SHARDS }, (_, shard) => {
    const points = Array.from({ length: STEPS }, (_, at) => ({
      timeS: at,
      value: 1_000 + 500 * Math.sin(at / 90 + shard) + 100 * random(),
    }));
    const series = toSeries(String(shard), points);
    const parts = partsOf(series);
    const scale = maseScale(series.values, series.isObserved, parts.trainEnd);
    return { series, parts, scale, ridge: fitRidge(series, parts).late };
  });
  const network = buildNetwork({ ...NETWORK_DEFAULTS, seed });
  const tick = (origin: number) => {
    const asked = shards.map(({ series, parts, scale, ridge }) => {
      const history = historyOf(series, parts.trainEnd);
      const forecasts = ridgeForecasts(history, ridge, { first: origin, end: origin + 1 });
      return { lesson: { history, scale, ridge: forecasts, ridgeFirst: origin }, origins: [origin] };
    });
    return forecastAt(network, asked);
  };
  tick(STEPS - TICKS - 1);
  const costsMs = Array.from({ length: TICKS }, (_, at) => {
    const before = process.cpuUsage();
    tick(STEPS - TICKS + at);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  network.dispose();
  return {
    scenario: "forecast" as const,
    backend,
    shards: SHARDS,
    steps: STEPS,
    ticks: TICKS,
    processorMsMedian: round(quantile(costsMs, 0.5)),
    processorMsMax: round(Math.max(...costsMs)),
  };
}

const round = (value: number) => Math.round(value * 10) / 10;
