import type { StageName } from "../../processors/stage.js";
import type { StageDefinition } from "../driver/environment.js";
import type { Home } from "../home.js";
import { checkpointStage } from "../stages/checkpoint.js";
import { executeStage } from "../stages/execute.js";
import { finalizeStage } from "../stages/finalize.js";
import { GenesisTrees } from "../stages/genesis-trees.js";
import { notifyStage, relayStage, shardAssignStage } from "../stages/simple.js";
import { validateStage } from "../stages/validate.js";
import { voteStage } from "../stages/vote.js";

/** Stages in the order in which a transaction meets them. */
export const STAGE_NAMES: readonly StageName[] = [
  "validate",
  "shard-assign",
  "execute",
  "vote",
  "finalize",
  "checkpoint",
  "relay",
  "notify",
];

/**
 * A stage with the secrets that it needs, and only those. Throws HomeError where one is missing.
 * @param validators numbers of the validators that `vote` and `checkpoint` run; each is a group of its own
 */
export function stageDefinitions(
  name: StageName,
  home: Home,
  validators: readonly number[],
): StageDefinition[] {
  switch (name) {
    case "validate":
      return [validateStage(home.macKey())];
    case "shard-assign":
      return [shardAssignStage(home.topologyKey("assigner"))];
    case "execute":
      return [executeStage(home.macKey())];
    case "vote":
      return validators.map((validator) => voteStage(validator, home.validatorKey(validator)));
    case "finalize":
      return [finalizeStage];
    case "checkpoint": {
      const trees = new GenesisTrees();
      return validators.map((validator) => checkpointStage(validator, home.validatorKey(validator), trees));
    }
    case "relay":
      return [relayStage];
    case "notify":
      return [notifyStage];
  }
}
