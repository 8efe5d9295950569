import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { LATENCY_BOUNDS_MS } from "../../schemas/latency-bounds.js";
import type { Views } from "../views/index.js";
import type { LatencyCounts } from "../views/metrics.js";
import type { Family, HistogramSample, Labels } from "./samples.js";
import { scalingFamilies } from "./scaling-families.js";
import { shardFamilies } from "./shard-families.js";
import { stageFamilies } from "./stage-families.js";

/** A registry that reads the views anew each time it is asked: series of what is gone end by themselves. */
export function metricsRegistry({ metrics, scaling }: Pick<Views, "metrics" | "scaling">): Registry {
  const registry = new Registry();
  for (const family of [...stageFamilies(metrics), ...shardFamilies(metrics), ...scalingFamilies(scaling)])
    register(registry, family);
  return registry;
}

function register(registry: Registry, family: Family): void {
  const { name, help } = family;
  const configuration = { name, help, labelNames: [...family.labelNames], registers: [registry] };
  switch (family.type) {
    case "counter":
      new Counter({
        ...configuration,
        collect() {
          this.reset();
          for (const { labels, value } of family.samples()) if (value !== undefined) this.inc(labels, value);
        },
      });
      return;
    case "gauge":
      new Gauge({
        ...configuration,
        collect() {
          this.reset();
          // Without labels a gauge is 0 after a reset; what isn't known must not be there.
          if (family.labelNames.length === 0) this.remove();
          for (const { labels, value } of family.samples()) if (value !== undefined) this.set(labels, value);
        },
      });
      return;
    case "histogram":
      new CountedHistogram(configuration, family.samples);
      return;
  }
}

/** A histogram whose observations were counted elsewhere. It has no `_sum`: only the counts are known. */
class CountedHistogram extends Histogram<string> {
  constructor(
    private readonly configuration: {
      name: string;
      help: string;
      labelNames: string[];
      registers: Registry[];
    },
    private readonly samples: () => readonly HistogramSample[],
  ) {
    super(configuration);
  }

  /** What a registry asks histograms for, though the library's types don't name it; `get` is made from it. */
  async getForPromString() {
    const { name, help } = this.configuration;
    const values = this.samples().flatMap(({ labels, counts }) => seriesOf(name, labels, counts));
    return { name, help, type: "histogram", aggregator: "sum", values };
  }
}

function seriesOf(name: string, labels: Labels, counts: LatencyCounts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  const buckets = LATENCY_BOUNDS_MS.map((boundMs, index) => {
    below += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: boundMs / 1_000 }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: total },
    { metricName: `${name}_count`, labels: { ...labels }, value: total },
  ];
}
