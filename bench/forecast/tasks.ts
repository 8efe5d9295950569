import type { Baseline } from "../../ml/evaluation/baseline-forecasts.js";
import type { Both, PointForecasts } from "../../ml/evaluation/forecast-set.js";
import type { MemberForecasts, MemberSettings } from "../../ml/evaluation/member.js";
import type { Backend } from "../../ml/network/backend.js";
import type { Series } from "../../ml/series.js";

/** What a thread is asked to do. */
export type Task =
  | {
      readonly kind: "member";
      readonly settings: MemberSettings;
      readonly backend: Backend | undefined;
      readonly series: readonly Series[];
    }
  | { readonly kind: "baselines"; readonly seed: number; readonly series: readonly Series[] };

/** What it says: of the series at a place of its task. */
export type Answer =
  | {
      readonly kind: "member";
      readonly seed: number;
      readonly at: number;
      readonly forecasts: MemberForecasts;
    }
  | {
      readonly kind: "baselines";
      readonly at: number;
      readonly forecasts: Readonly<Record<Baseline, Both<PointForecasts>>>;
    }
  | { readonly kind: "says"; readonly line: string };
