import type { ModelNetwork, Verify } from "./network.js";
import type { ValidatorSignature } from "./records.js";

const VOTE_DOMAIN = Buffer.from("rustorium/vote/v1\0");

/** Checks votes and certificates; a signature that was judged is not judged again. */
export class Signatures {
  private readonly judged = new Map<string, boolean>();

  constructor(
    private readonly network: ModelNetwork,
    readonly verify: Verify,
  ) {}

  /** Whether the validator signed the digest of a header. */
  isVote(validator: number, digest: Buffer, signature: Buffer): boolean {
    const name = digest.toString("latin1") + signature.toString("latin1") + validator;
    let verdict = this.judged.get(name);
    if (verdict === undefined) {
      const key = this.network.validators.get(validator)?.publicKey;
      verdict = key !== undefined && this.verify(key, Buffer.concat([VOTE_DOMAIN, digest]), signature);
      this.judged.set(name, verdict);
    }
    return verdict;
  }

  /** The signed stake, in whole RUS; or what is wrong with the certificate. */
  stakeOf(digest: Buffer, signatures: readonly ValidatorSignature[]): number | string {
    let stake = 0;
    let previous = Number.NEGATIVE_INFINITY;
    for (const { validator, signature } of signatures) {
      const known = this.network.validators.get(validator);
      if (!known) return `validator ${validator} is unknown`;
      if (validator <= previous) return `validator ${validator} is not above ${previous}`;
      if (!this.isVote(validator, digest, signature)) return `validator ${validator} did not sign it`;
      previous = validator;
      stake += known.stake;
    }
    return this.network.isQuorum(stake) ? stake : `stake ${stake} of ${this.network.totalStake} is no quorum`;
  }
}
