/** Stages that run as one process each. */
export const STAGES = ["validate", "shard-assign", "execute", "finalize", "relay", "notify"] as const;
/** Validators of the network under test. */
export const VALIDATORS = 4;

export type StageProcess = (typeof STAGES)[number];
export type ValidatorProcess = `vote-${number}`;
/** A process of the network under test, named after its consumer group. */
export type ProcessName = StageProcess | ValidatorProcess;
/** All validators' checkpoints. */
export { CHECKPOINTS } from "../../runtime/session/children.js";

export const VALIDATOR_PROCESSES: readonly ValidatorProcess[] = Array.from(
  { length: VALIDATORS },
  (_, index): ValidatorProcess => `vote-${index + 1}`,
);
export const PROCESSES: readonly ProcessName[] = [...STAGES, ...VALIDATOR_PROCESSES];
/** Processes that keep a local store for each shard. */
export const STORING_PROCESSES: readonly ProcessName[] = ["execute", ...VALIDATOR_PROCESSES];
