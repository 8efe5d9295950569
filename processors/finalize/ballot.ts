import { digestOf } from "../../ledger/block/header.js";
import type { ConsensusModule } from "../../ledger/consensus/index.js";
import type { BlockHeader, FinalityCertificate, Vote } from "../../schemas/generated.js";
import type { Alert } from "../stage.js";

interface Candidate {
  readonly header: BlockHeader;
  readonly digest: Buffer;
  readonly signatures: Map<number, Buffer>;
  stake: number;
}

/** Votes on one height. */
export class Ballot {
  private readonly candidates = new Map<string, Candidate>();
  private readonly voted = new Map<number, string>();
  private stalledReported = false;

  /** @param firstOffset offset of the first vote; reading starts there after a restart */
  constructor(
    readonly firstOffset: number,
    private readonly consensus: ConsensusModule,
    private readonly totalStake: number,
  ) {}

  /** Counts a vote after verifying its signature; returns what is wrong with it, if anything. */
  add(vote: Vote): Alert | undefined {
    const validator = this.consensus.validators.get(vote.validator);
    const where = `shard ${vote.header.shard}, height ${vote.header.height}, validator ${vote.validator}`;
    if (!validator) return { code: "UNKNOWN_VALIDATOR", message: where };
    const digest = digestOf(vote.header);
    const name = digest.toString("latin1");
    const before = this.voted.get(vote.validator);
    if (before === name) return undefined;
    if (!this.consensus.verifyVote(validator, digest, vote.signature)) {
      return { code: "BAD_VOTE_SIGNATURE", message: where };
    }
    if (before !== undefined) return { code: "EQUIVOCATION", message: `${where} signed two digests` };
    this.voted.set(vote.validator, name);
    let candidate = this.candidates.get(name);
    if (!candidate) {
      candidate = { header: vote.header, digest, signatures: new Map(), stake: 0 };
      this.candidates.set(name, candidate);
    }
    candidate.signatures.set(vote.validator, vote.signature);
    candidate.stake += validator.stake;
    return undefined;
  }

  /** The certificate, once one digest has a quorum. */
  certificate(): FinalityCertificate | undefined {
    for (const { header, digest, signatures, stake } of this.candidates.values()) {
      if (!this.consensus.isQuorum(stake)) continue;
      return {
        header,
        digest,
        signatures: [...signatures]
          .sort(([a], [b]) => a - b)
          .map(([validator, signature]) => ({ validator, signature })),
        signedStake: stake,
        totalStake: this.totalStake,
      };
    }
    return undefined;
  }

  /** Once: that no digest can reach a quorum any more, whoever else votes. The shard halts here. */
  stall(): Alert | undefined {
    if (this.stalledReported) return undefined;
    let open = this.totalStake;
    let best = 0;
    for (const { stake } of this.candidates.values()) {
      open -= stake;
      best = Math.max(best, stake);
    }
    if (this.consensus.isQuorum(best + open)) return undefined;
    this.stalledReported = true;
    const header = this.candidates.values().next().value?.header;
    const digests = Array.from(
      this.candidates.values(),
      ({ digest, stake }) => `${digest.toString("hex")} (${stake})`,
    );
    return {
      code: "NO_QUORUM_POSSIBLE",
      message: `shard ${header?.shard}, height ${header?.height} is halted: ${digests.join(", ")}`,
    };
  }
}
