import { AGES, JUDGED, type Judgement } from "../../ml/offline/judge.js";
import { DECIDERS, type RampsResult } from "../../ml/offline/ramps.js";
import { TARGETS } from "../../ml/targets.js";
import { DIGITS, table } from "./table.js";

export interface TrainingResult {
  readonly settings: { readonly architecture: string; readonly seed: number };
  readonly hash: string;
  readonly bytes: number;
  readonly judged: Readonly<Record<(typeof AGES)[number], Judgement>>;
  readonly ramps: Readonly<Record<string, RampsResult>>;
}

/** What a training came to, as tables of Markdown. */
export function trainingTable({ settings, hash, bytes, judged, ramps }: TrainingResult): string {
  const ahead = TARGETS.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const figures = (own: readonly (number | null)[]) => own.map((value) => value?.toFixed(DIGITS) ?? "-");
  return [
    `${settings.architecture}, seed ${settings.seed}: ${hash}, ${bytes} bytes\n`,
    ...AGES.map((age) => {
      const { forecasts, error, upper } = judged[age];
      return table(
        [`${age} shards, ${forecasts} forecasts, seconds ahead`, ...ahead],
        [
          ...JUDGED.map((name) => [`${name}: error`, ...figures(error[name])]),
          ...(["network", "ridge", "trend"] as const).map((name) => [
            `${name}: pinball at 0.9`,
            ...figures(upper[name]),
          ]),
        ],
      );
    }),
    table(
      [
        "ramps",
        ...DECIDERS.map((decider) => `${decider}: s before 100 %, too early`),
        "later than trend, s at most",
        "by the network",
      ],
      Object.entries(ramps).map(
        ([name, { ramps: count, byDecider, laterThanTrend, laterMaxS, networkShare }]) => [
          `${count}: ${name}`,
          ...DECIDERS.map((decider) => `${byDecider[decider].leadS.toFixed(2)}, ${byDecider[decider].early}`),
          `${laterThanTrend}, ${laterMaxS}`,
          `${Math.round(100 * networkShare)} %`,
        ],
      ),
    ),
  ].join("\n");
}
