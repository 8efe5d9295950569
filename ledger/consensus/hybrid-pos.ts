import type { GenesisValidator } from "../../schemas/generated.js";
import type { ConsensusModule } from "./index.js";
import { verifyVote } from "./votes.js";

/** Most stake of all validators together, in whole RUS: certificates name it, and a long ends there. */
export const STAKE_TOTAL_MAX = BigInt(Number.MAX_SAFE_INTEGER - 1);

/**
 * Stake-weighted votes on what the log means. The log proposes, so there are no rounds and no leader; strictly more than
 * two thirds of the stake on one digest is final, which is safe while less than a third of the stake is dishonest.
 */
export function hybridPos(validators: readonly GenesisValidator[]): ConsensusModule {
  const byNumber = new Map(validators.map((validator) => [validator.validator, validator]));
  if (byNumber.size !== validators.length) throw new RangeError("a validator number is used twice");
  if (validators.length === 0) throw new RangeError("hybrid-pos needs at least one validator");
  if (validators.some(({ stake }) => !Number.isSafeInteger(stake) || stake <= 0)) {
    throw new RangeError("each validator needs a stake above 0");
  }
  const total = validators.reduce((sum, { stake }) => sum + BigInt(stake), 0n);
  if (total > STAKE_TOTAL_MAX) throw new RangeError(`all stakes together are above ${STAKE_TOTAL_MAX}`);
  return {
    name: "hybrid-pos",
    validators: byNumber,
    verifyVote,
    isQuorum: (signedStake) => BigInt(signedStake) * 3n > total * 2n,
  };
}
