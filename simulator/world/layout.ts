import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import type { StageDefinition } from "../../runtime/driver/environment.js";
import { checkpointStage } from "../../runtime/stages/checkpoint.js";
import { executeStage } from "../../runtime/stages/execute.js";
import { finalizeStage } from "../../runtime/stages/finalize.js";
import { GenesisTrees } from "../../runtime/stages/genesis-trees.js";
import { notifyStage, relayStage, shardAssignStage } from "../../runtime/stages/simple.js";
import { validateStage } from "../../runtime/stages/validate.js";
import { voteStage } from "../../runtime/stages/vote.js";
import type { Random } from "../kernel/random.js";
import { ASSIGNER_KEY } from "./network.js";

/** Secret of validate and execute. */
const MAC_KEY = sha256(Buffer.from("mac key of the simulator"));

/** What runs together in one process. */
export interface ProcessPlan {
  readonly name: string;
  readonly definitions: () => StageDefinition[];
}

/** All stages but the validators, in processing order. */
export function stageDefinitions(): StageDefinition[] {
  return [
    validateStage(MAC_KEY),
    shardAssignStage(ASSIGNER_KEY),
    executeStage(MAC_KEY),
    finalizeStage,
    relayStage,
    notifyStage,
  ];
}

/** Which stages share a process: all in one, or drawn into two; validators each alone or in pairs; checkpoints in one. */
export function layoutOf(validatorKeys: readonly KeyPair[], random: Random): ProcessPlan[] {
  const isSplit = random.chance(0.4);
  const inFirst = stageDefinitions().map(() => !isSplit || random.chance(0.5));
  const plans: ProcessPlan[] = [true, false]
    .map((first) => ({
      name: first ? "stages" : "more-stages",
      definitions: () => stageDefinitions().filter((_, index) => inFirst[index] === first),
    }))
    .filter(({ definitions }) => definitions().length > 0);
  const perProcess = random.pick([1, 2]);
  for (let start = 0; start < validatorKeys.length; start += perProcess) {
    const numbers = validatorKeys.map((_, index) => index).slice(start, start + perProcess);
    plans.push({
      name: `validators-${start + 1}`,
      definitions: () => numbers.map((index) => voteStage(index + 1, validatorKeys[index]!)),
    });
  }
  plans.push({ name: "checkpoints", definitions: () => checkpointDefinitions(validatorKeys) });
  return plans;
}

function checkpointDefinitions(validatorKeys: readonly KeyPair[]): StageDefinition[] {
  const trees = new GenesisTrees();
  return validatorKeys.map((keyPair, index) => checkpointStage(index + 1, keyPair, trees));
}
