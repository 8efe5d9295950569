import type { MetricsAlert, ScalingDecision, ScalingOutcome } from "../schemas/generated.js";

const MILLI = 1_000;

/** What was decided and why, in a sentence for people. */
export function decisionText({ kind, shards, rule, reason, isDryRun }: ScalingDecision): string {
  const what = `${kind === "SPLIT" ? "split" : "merge"} ${shardNames(shards)}`;
  return `${isDryRun ? "would " : ""}${what} (${rule}): ${reason}`;
}

/** What came of a decision, in a sentence for people. */
export function outcomeText(outcome: ScalingOutcome): string {
  const what = `${outcome.kind === "SPLIT" ? "split of" : "merge of"} ${shardNames(outcome.shards)}`;
  return `${what} ${resultText(outcome)}`;
}

/** The same without its subject. */
export function resultText({ result, begun, tookMs, peakMilli, overloadedMs }: ScalingOutcome): string {
  switch (result) {
    case "DONE": {
      const peak = `peak ${Math.round(peakMilli / MILLI)} a second`;
      const over = overloadedMs > 0 ? `, ${seconds(overloadedMs)} above capacity` : "";
      return `done in ${seconds(tookMs)}: ${shardNames(begun)} began; ${peak}${over}`;
    }
    case "OVERTAKEN":
      return "overtaken: another change came first";
    case "NOT_DONE":
      return "not done in time";
    case "DRY_RUN":
      return "only said: dry run";
    default:
      // A later version's word; records outlive programs.
      return result;
  }
}

/** What was noticed, and where, in a sentence for people. */
export function alertText({ code, shard, stage, message }: MetricsAlert): string {
  const where = [...(shard < 0 ? [] : [`shard ${shard}`]), ...(stage === "" ? [] : [stage])];
  return `${code}${where.length > 0 ? ` (${where.join(", ")})` : ""}: ${message}`;
}

function shardNames(shards: readonly number[]): string {
  return `shard${shards.length === 1 ? "" : "s"} ${shards.join(" and ")}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
