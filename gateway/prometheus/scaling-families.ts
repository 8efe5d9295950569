import type { Counts } from "../views/counts.js";
import type { ScalingView } from "../views/scaling.js";
import type { Family } from "./samples.js";

/** How often the scaler decided what, what came of it, and what it noticed. */
export function scalingFamilies(scaling: ScalingView): Family[] {
  const family = (
    name: string,
    help: string,
    labelNames: readonly string[],
    counts: () => Counts,
  ): Family => ({
    ...{ name: `rustorium_${name}`, help, type: "counter", labelNames },
    samples: () =>
      counts()
        .entries()
        .map(({ names, count }) => ({
          labels: Object.fromEntries(labelNames.map((label, index) => [label, names[index] ?? ""])),
          value: count,
        })),
  });
  return [
    family(
      "scaling_decisions_total",
      "Decisions to split or merge since the gateway started",
      ["kind", "rule"],
      () => scaling.decisions,
    ),
    family(
      "scaling_outcomes_total",
      "What came of decisions since the gateway started",
      ["kind", "result"],
      () => scaling.outcomes,
    ),
    family("alerts_total", "Alerts since the gateway started", ["code"], () => scaling.alerts),
  ];
}
