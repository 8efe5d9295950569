import type {
  MetricsAlert,
  ScalingDecision,
  ScalingOutcome,
  ScalingRecord,
} from "../../schemas/generated.js";
import { Counts } from "./counts.js";
import type { RecordMeta } from "./meta.js";

/** Decisions and outcomes shown as the latest, and alerts. */
export const RECENT_SCALING = 5;
export const RECENT_ALERTS = 5;

/** A decision, or what came of one. */
export type ScalingEvent =
  | { readonly is: "decision"; readonly decision: ScalingDecision }
  | { readonly is: "outcome"; readonly outcome: ScalingOutcome };

/** What the scaler decided and noticed, fed by `scaling.decisions` and `metrics.alerts`. */
export class ScalingView {
  /** By kind and rule, by kind and result, by code. */
  readonly decisions = new Counts();
  readonly outcomes = new Counts();
  readonly alerts = new Counts();
  private readonly events: ScalingEvent[] = [];
  private readonly noticed: MetricsAlert[] = [];
  /** Next offset of each topic: what is read again isn't counted again. Each has one partition. */
  private readonly nextOffsets = new Map<string, number>();

  /** @param countFromMs records that the broker appended before are shown and not counted; in milliseconds since 1970 */
  constructor(private readonly countFromMs = 0) {}

  applyScaling({ record }: ScalingRecord, meta: RecordMeta): void {
    if (!this.isNew(meta)) return;
    const event = scalingEvent({ record });
    if (this.events.push(event) > RECENT_SCALING) this.events.shift();
    if (meta.timeMs < this.countFromMs) return;
    if (event.is === "decision") this.decisions.count(event.decision.kind, event.decision.rule);
    else this.outcomes.count(event.outcome.kind, event.outcome.result);
  }

  applyAlert(record: MetricsAlert, meta: RecordMeta): void {
    if (!this.isNew(meta)) return;
    if (this.noticed.push(record) > RECENT_ALERTS) this.noticed.shift();
    if (meta.timeMs >= this.countFromMs) this.alerts.count(record.code);
  }

  /** Newest first. */
  recentScaling(): ScalingEvent[] {
    return [...this.events].reverse();
  }

  /** Newest first. */
  recentAlerts(): MetricsAlert[] {
    return [...this.noticed].reverse();
  }

  private isNew({ topic, offset }: RecordMeta): boolean {
    if (offset < (this.nextOffsets.get(topic) ?? 0)) return false;
    this.nextOffsets.set(topic, offset + 1);
    return true;
  }
}

/** What a record of `scaling.decisions` is. */
export function scalingEvent({ record }: ScalingRecord): ScalingEvent {
  return "rustorium.ScalingDecision" in record
    ? { is: "decision", decision: record["rustorium.ScalingDecision"] }
    : { is: "outcome", outcome: record["rustorium.ScalingOutcome"] };
}
