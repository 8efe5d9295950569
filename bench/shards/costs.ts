import type { ScaleStage } from "../scale/costs.js";
import type { StageRun } from "../scale/stage-run.js";
import type { KafkaCosts } from "./kafka-costs.js";
import type { ChainItem, StepCosts } from "./step-costs.js";

/** Costs as the model takes them: CPU-seconds. */
export interface ShardCosts {
  readonly signature: number;
  readonly kafka: Pick<KafkaCosts, "client" | "broker">;
  /** Of the main thread, for one of each; of an entry with its records and its share of the local store. */
  readonly validate: number;
  readonly assign: number;
  readonly execute: Readonly<Record<ChainItem, number>>;
  readonly vote: Readonly<Record<ChainItem, number>>;
  readonly finalize: { readonly vote: number; readonly changes: number; readonly entry: number };
  readonly relay: StepCosts["relay"];
  readonly notify: { readonly certificate: number; readonly entry: number };
  /** Of the broker, for the records of one transaction in each stage, written in large batches. */
  readonly brokerPerTransaction: Readonly<Record<ScaleStage, number>>;
  /** Of the program that makes the load, for a transaction, where it runs on the same machine. */
  readonly loadClient: number;
  /** What all of it but signatures costs more in a whole installation than alone. */
  readonly factor: number;
}

const ENTRIES: readonly ChainItem[] = ["transaction", "crossing", "prepare", "forward", "credited"];

/**
 * A stage's process needs more for an entry than its pure step: records in and out, the local store, garbage. What the
 * whole process needs for a transaction was measured, and what is beyond the step is taken for each entry alike.
 */
export function shardCosts(
  steps: StepCosts,
  kafka: KafkaCosts,
  stages: readonly StageRun[],
  loadClient: number,
): ShardCosts {
  const run = (stage: ScaleStage) => {
    const found = stages.find((candidate) => candidate.stage === stage && candidate.processes === 1);
    if (!found) throw new Error(`${stage} was not measured`);
    return found;
  };
  const rest = (stage: ScaleStage) => run(stage).restPer1000 / 1_000;
  const chain = (stage: "execute" | "vote") => {
    const own = steps[stage];
    const extra = Math.max(0, rest(stage) - own.transaction);
    return Object.fromEntries(
      Object.entries(own).map(([item, cost]) => [
        item,
        ENTRIES.includes(item as ChainItem) ? cost + extra : cost,
      ]),
    ) as Record<ChainItem, number>;
  };
  const broker = (stage: ScaleStage) => run(stage).brokerPer1000 / 1_000;
  return {
    signature: steps.signature,
    kafka: { client: kafka.client, broker: kafka.broker },
    validate: Math.max(steps.validate, rest("validate")),
    assign: Math.max(steps.assign, rest("shard-assign")),
    execute: chain("execute"),
    vote: chain("vote"),
    finalize: {
      vote: steps.finalize.vote,
      changes: steps.finalize.changes,
      entry: Math.max(2 * steps.finalize.state, rest("finalize")),
    },
    relay: steps.relay,
    notify: { certificate: steps.notify.certificate, entry: Math.max(steps.notify.receipt, rest("notify")) },
    brokerPerTransaction: {
      validate: broker("validate"),
      "shard-assign": broker("shard-assign"),
      execute: broker("execute"),
      vote: broker("vote"),
      finalize: broker("finalize"),
      notify: broker("notify"),
    },
    loadClient,
    factor: 1,
  };
}
