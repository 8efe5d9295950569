import type { GenesisValidator } from "../../schemas/generated.js";
import { hybridPos } from "./hybrid-pos.js";
import { solo } from "./solo.js";

/** How signatures become finality. The rest of the ledger knows only this. */
export interface ConsensusModule {
  readonly name: ConsensusName;
  /** Validators that may sign, by number. */
  readonly validators: ReadonlyMap<number, GenesisValidator>;
  /** Whether the validator signed the digest of a header. */
  verifyVote(validator: GenesisValidator, digest: Buffer, signature: Buffer): boolean;
  /** Whether this much signed stake (whole RUS) certifies a block. */
  isQuorum(signedStake: number): boolean;
}

export type ConsensusName = "hybrid-pos" | "solo";

/** The module that a genesis names. Throws RangeError for an unknown name or a validator set that it refuses. */
export function consensusModule(name: string, validators: readonly GenesisValidator[]): ConsensusModule {
  switch (name) {
    case "hybrid-pos":
      return hybridPos(validators);
    case "solo":
      return solo(validators);
    default:
      throw new RangeError(`unknown consensus module ${name}: hybrid-pos or solo`);
  }
}
