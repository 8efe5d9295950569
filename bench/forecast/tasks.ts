import type { Baseline } from "../../ml/evaluation/baseline-forecasts.js";
import type { Both, PointForecasts } from "../../ml/evaluation/forecast-set.js";
import type { MemberForecasts, MemberSettings } from "../../ml/evaluation/member.js";
import type { Backend } from "../../ml/network/backend.js";
import type { Series } from "../../ml/series.js";

/** What a thread is asked to do. */
export type Task =
  /** The common training of a member. */
  | {
      readonly kind: "learn";
      readonly settings: MemberSettings;
      readonly backend: Backend | undefined;
      readonly series: readonly Series[];
    }
  /** A member's own training on one series, and its forecasts. */
  | {
      readonly kind: "adapt";
      readonly settings: MemberSettings;
      readonly backend: Backend | undefined;
      /** The saved common model. */
      readonly model: string;
      readonly series: Series;
    }
  | { readonly kind: "baselines"; readonly seed: number; readonly series: Series };

/** What comes of it. */
export interface Results {
  readonly learn: { readonly model: string; readonly hash: string };
  readonly adapt: MemberForecasts;
  readonly baselines: Readonly<Record<Baseline, Both<PointForecasts>>>;
}

/** What a thread says: how far it is, and at last its result. */
export type Answer =
  | { readonly kind: "says"; readonly line: string }
  | { readonly kind: "result"; readonly result: Results[keyof Results] };
