import type { ModelNetwork, Verify } from "./network.js";
import type { ValidatorSignature } from "./records.js";

const VOTE_DOMAIN = Buffer.from("rustorium/vote/v1\0");

/** Checks votes and certificates; a signature that was found right is not checked again. */
export class Signatures {
  /** By digest (the same buffer for the same block), then by validator. */
  private readonly right = new WeakMap<Buffer, Map<number, Buffer>>();

  constructor(
    private readonly network: ModelNetwork,
    readonly verify: Verify,
  ) {}

  /** Whether the validator signed the digest of a header. */
  isVote(validator: number, digest: Buffer, signature: Buffer): boolean {
    let known = this.right.get(digest);
    if (known?.get(validator)?.equals(signature)) return true;
    const key = this.network.validators.get(validator)?.publicKey;
    if (!key || !this.verify(key, Buffer.concat([VOTE_DOMAIN, digest]), signature)) return false;
    if (!known) {
      known = new Map();
      this.right.set(digest, known);
    }
    known.set(validator, signature);
    return true;
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
