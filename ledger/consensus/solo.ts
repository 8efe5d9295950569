import type { GenesisValidator } from "../../schemas/generated.js";
import { STAKE_TOTAL_MAX } from "./hybrid-pos.js";
import type { ConsensusModule } from "./index.js";
import { verifyVote } from "./votes.js";

/** One signer whose signature is final: development, and installations that trust one party. */
export function solo(validators: readonly GenesisValidator[]): ConsensusModule {
  const only = validators[0];
  if (!only || validators.length !== 1) throw new RangeError("solo needs exactly one validator");
  if (!Number.isSafeInteger(only.stake) || only.stake <= 0)
    throw new RangeError("the validator needs a stake above 0");
  if (only.stake > STAKE_TOTAL_MAX) throw new RangeError(`the stake is above ${STAKE_TOTAL_MAX}`);
  return {
    name: "solo",
    validators: new Map([[only.validator, only]]),
    verifyVote,
    isQuorum: (signedStake) => signedStake >= only.stake,
  };
}
