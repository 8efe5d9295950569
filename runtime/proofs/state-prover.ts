import type { Network } from "../../ledger/genesis/genesis.js";
import { lineOf, MAIN_CHAIN } from "../../ledger/topology.js";
import { type NoProof, noProof, type Proof, type ProofOutcome } from "../../processors/proofs/outcome.js";
import { proveShardInGlobalRoot, rootsOnMainChain } from "../../processors/proofs/prove-shard-root.js";
import type { StateFollower } from "../../processors/proofs/state-follower.js";
import type { AccountState, CheckpointCertificate } from "../../schemas/generated.js";
import { systemClock } from "../clock.js";
import type { Certificates } from "./certificates.js";
import type { CheckpointSource } from "./checkpoints.js";
import { FollowedState } from "./followed-state.js";
import { toNewestCheckpoint } from "./to-newest-checkpoint.js";
import type { TopicSource } from "./topic-source.js";

/** The proof of an account, with what it says. */
export interface ProvedAccount extends Proof {
  /** What the account has at the checkpoint; undefined: nothing. */
  readonly value: AccountState | undefined;
  /** Time of the checkpoint's block, in milliseconds since 1970. */
  readonly time: number;
}

/** A shard's state at its newest checkpoint. */
interface StateAtCheckpoint {
  readonly ok: true;
  readonly state: StateFollower;
  readonly certificate: CheckpointCertificate;
}

/** Proofs of what is in a shard's state at a checkpoint. It keeps the states that it was asked about, and follows them further. */
export class StateProver {
  private readonly states = new Map<number, FollowedState>();
  /** One proof after the other: a state must not move while one is made from it. */
  private queue: Promise<unknown> = Promise.resolve();

  /** @param waitMs how long a proof may wait for a checkpoint that is due, in milliseconds */
  constructor(
    private readonly network: Network,
    private readonly source: TopicSource,
    private readonly certificates: Certificates,
    private readonly checkpoints: CheckpointSource,
    private readonly waitMs: number,
    private readonly say: (line: string) => void,
  ) {}

  /**
   * What an account (20 bytes) has at its shard's newest checkpoint, or that it has nothing. As long as a shard that began with
   * a change has no checkpoint it is the last one of the shard before.
   */
  account(account: Buffer): Promise<ProvedAccount | NoProof> {
    return this.inTurn(async () => {
      const at = await this.newestOf(account);
      if (!at.ok) return at;
      const { state, certificate } = at;
      const outcome = state.prove(account, certificate);
      if (!outcome.ok) this.states.delete(state.shard);
      const { time } = certificate.checkpoint;
      return outcome.ok ? { ...outcome, value: state.accountOf(account), time } : outcome;
    });
  }

  /** That the newest root of a shard that the main chain has is in the global root. */
  shardRoot(shard: number): Promise<ProofOutcome> {
    return this.inTurn(async () => {
      if (shard === MAIN_CHAIN || !this.network.topology.has(shard))
        return noProof("NOT_FOUND", `no shard ${shard} is in the global root`);
      const main = await this.atCheckpoint(MAIN_CHAIN);
      if (!main.ok) return main;
      const known = rootsOnMainChain(this.network, main.state);
      if (!known.ok) return known;
      const height = known.heights.get(shard);
      if (height === undefined)
        return noProof("NOT_FOUND", `no shard ${shard} is in the global root any more`);
      const certificate = await this.checkpoints.at(shard, height);
      if (!certificate)
        return noProof(
          "RETENTION",
          `shard.checkpoints no longer has shard ${shard}'s checkpoint at height ${height}`,
        );
      const outcome = proveShardInGlobalRoot(certificate, known, main.state, main.certificate);
      if (!outcome.ok) this.states.delete(MAIN_CHAIN);
      return outcome;
    });
  }

  private async newestOf(account: Buffer): Promise<StateAtCheckpoint | NoProof> {
    const line = lineOf(this.network.topology, account);
    for (const shard of line) {
      const at = await this.atCheckpoint(shard);
      if (at.ok || at.code !== "NO_CHECKPOINT" || shard === line.at(-1)) return at;
    }
    throw new RangeError("an account has no shard");
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  /** A state that gives another root than the checkpoint's is of no more use: whoever sees that forgets it. */
  private async atCheckpoint(shard: number): Promise<StateAtCheckpoint | NoProof> {
    const known = await this.checkpoints.newest(shard);
    if (!known) return noProof("NO_CHECKPOINT", `shard ${shard} has no certified checkpoint yet`);
    const followed = await this.followed(shard);
    const wait = { clock: systemClock, ms: this.waitMs, say: this.say };
    const moved = await toNewestCheckpoint(followed, this.checkpoints, known, wait);
    return moved.ok ? { ...moved, state: followed.state } : moved;
  }

  private async followed(shard: number): Promise<FollowedState> {
    const known = this.states.get(shard);
    if (known) return known;
    const { network, source, certificates, say } = this;
    const followed = await FollowedState.open(network, source, certificates, shard, say);
    this.states.set(shard, followed);
    return followed;
  }
}
