import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { codec } from "../../schemas/codec.js";
import type { Checkpoint, CheckpointVote } from "../../schemas/generated.js";
import { heightRecordKey } from "../keys.js";
import type { Alert, OutputRecord } from "../stage.js";

/** Checkpoints that votes may be outstanding for; the lowest are given up, as most are that not all can keep up with. */
const OPEN_CHECKPOINTS_MAX = 64;

interface Candidate {
  readonly checkpoint: Checkpoint;
  readonly signatures: Map<number, Buffer>;
  stake: number;
}

/** Votes on the checkpoints of a shard. Heights may be left out, but never come late: a certificate closes all below. */
export class CheckpointBallots {
  /** By height: the offset of the first vote, and candidates by digest. */
  private readonly open = new Map<number, { firstOffset: number; candidates: Map<string, Candidate> }>();

  /** @param certifiedHeight height of the last certified checkpoint */
  constructor(
    private readonly network: Network,
    private readonly shard: number,
    private readonly partition: number,
    private certifiedHeight: number,
  ) {}

  /** Where to read on after a restart, so that no vote of an open ballot is forgotten, at most `next`. */
  resumeAt(next: number): number {
    let first = next;
    for (const { firstOffset } of this.open.values()) first = Math.min(first, firstOffset);
    return first;
  }

  /** Counts a vote after verifying its signature. Gives the certificate once a digest has a quorum, or what is wrong. */
  add(vote: CheckpointVote, offset: number): OutputRecord | Alert | undefined {
    const { validator: number, checkpoint, signature } = vote;
    const { height } = checkpoint;
    const message = `shard ${checkpoint.shard}, checkpoint ${height}, validator ${number}`;
    if (checkpoint.shard !== this.shard || !checkpoint.genesis.equals(this.network.hash))
      return { code: "OTHER_CHAIN", message };
    if (height <= this.certifiedHeight) return undefined;
    const { consensus } = this.network;
    const validator = consensus.validators.get(number);
    if (!validator) return { code: "UNKNOWN_VALIDATOR", message };
    const candidates = this.candidatesOf(height, offset);
    const digest = checkpointDigest(checkpoint);
    const name = digest.toString("latin1");
    const voted = [...candidates].find(([, { signatures }]) => signatures.has(number))?.[0];
    if (voted === name) return undefined;
    if (!consensus.verifyVote(validator, digest, signature)) return { code: "BAD_VOTE_SIGNATURE", message };
    if (voted !== undefined) return { code: "EQUIVOCATION", message: `${message} signed two roots` };
    let candidate = candidates.get(name);
    if (!candidate) {
      candidate = { checkpoint, signatures: new Map(), stake: 0 };
      candidates.set(name, candidate);
    }
    candidate.signatures.set(number, signature);
    candidate.stake += validator.stake;
    return consensus.isQuorum(candidate.stake) ? this.certify(candidate) : undefined;
  }

  private candidatesOf(height: number, offset: number): Map<string, Candidate> {
    let ballot = this.open.get(height);
    if (!ballot) {
      ballot = { firstOffset: offset, candidates: new Map() };
      this.open.set(height, ballot);
      if (this.open.size > OPEN_CHECKPOINTS_MAX) this.open.delete(Math.min(...this.open.keys()));
    }
    return ballot.candidates;
  }

  private certify({ checkpoint, signatures }: Candidate): OutputRecord {
    this.certifiedHeight = checkpoint.height;
    for (const height of this.open.keys()) if (height <= checkpoint.height) this.open.delete(height);
    return {
      topic: "shard.checkpoints",
      partition: this.partition,
      key: heightRecordKey(checkpoint.height),
      value: codec("CheckpointCertificate").encode({
        checkpoint,
        signatures: [...signatures]
          .sort(([a], [b]) => a - b)
          .map(([validator, signature]) => ({ validator, signature })),
      }),
    };
  }
}
