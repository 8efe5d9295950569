import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { codec } from "../../schemas/codec.js";
import type { Checkpoint, CheckpointVote } from "../../schemas/generated.js";
import { heightRecordKey } from "../keys.js";
import type { Alert, OutputRecord } from "../stage.js";

/**
 * Checkpoints that a validator's votes may be outstanding for; its lowest are given up, as most are that not all can keep up
 * with. Each has its own: whoever votes for heights that don't come drives out nobody else's votes.
 */
const OPEN_VOTES_MAX = 64;

interface Candidate {
  readonly checkpoint: Checkpoint;
  readonly signatures: Map<number, Buffer>;
  stake: number;
}

interface Ballot {
  /** Of its first vote. */
  readonly firstOffset: number;
  /** By digest. */
  readonly candidates: Map<string, Candidate>;
}

/** Votes on the checkpoints of a shard. Heights may be left out, but never come late: a certificate closes all below. */
export class CheckpointBallots {
  /** By height. */
  private readonly open = new Map<number, Ballot>();
  /** Heights that a validator's votes are outstanding for. */
  private readonly heights = new Map<number, Set<number>>();

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
    const digest = checkpointDigest(checkpoint);
    const name = digest.toString("latin1");
    const candidates = this.open.get(height)?.candidates ?? new Map<string, Candidate>();
    const voted = [...candidates].find(([, { signatures }]) => signatures.has(number))?.[0];
    if (voted === name) return undefined;
    if (!consensus.verifyVote(validator, digest, signature)) return { code: "BAD_VOTE_SIGNATURE", message };
    if (voted !== undefined) return { code: "EQUIVOCATION", message: `${message} signed two roots` };
    let candidate = candidates.get(name);
    if (!candidate) {
      candidate = { checkpoint, signatures: new Map(), stake: 0 };
      candidates.set(name, candidate);
    }
    if (!this.open.has(height)) this.open.set(height, { firstOffset: offset, candidates });
    candidate.signatures.set(number, signature);
    candidate.stake += validator.stake;
    if (consensus.isQuorum(candidate.stake)) return this.certify(candidate);
    this.hold(number, validator.stake, height);
    return undefined;
  }

  /** Remembers where a validator's vote is, and gives up its lowest where there are too many. */
  private hold(validator: number, stake: number, height: number): void {
    const heights = this.heights.get(validator) ?? new Set();
    this.heights.set(validator, heights.add(height));
    if (heights.size <= OPEN_VOTES_MAX) return;
    const lowest = Math.min(...heights);
    heights.delete(lowest);
    const { candidates } = this.open.get(lowest)!;
    for (const [name, candidate] of candidates) {
      if (!candidate.signatures.delete(validator)) continue;
      candidate.stake -= stake;
      if (candidate.signatures.size === 0) candidates.delete(name);
    }
    if (candidates.size === 0) this.open.delete(lowest);
  }

  private certify({ checkpoint, signatures }: Candidate): OutputRecord {
    this.certifiedHeight = checkpoint.height;
    for (const height of this.open.keys()) if (height <= checkpoint.height) this.open.delete(height);
    for (const heights of this.heights.values())
      for (const height of heights) if (height <= checkpoint.height) heights.delete(height);
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
