import type { Block } from "./block.js";
import { checkpointDigest } from "./global-root.js";
import { rootOfPart } from "./halves.js";
import type { Checkpoint } from "./records.js";
import { avro, WIRE_HEADER_BYTES } from "./schemas.js";
import type { ShardAudit, ShardContext } from "./shard.js";
import type { StateValue } from "./state-records.js";

/** Votes on a shard's states, and their certificates: each must be about a block of the log, and about the state after it. */
export class Checkpoints {
  /** Height of the last certificate. */
  certified = 0;
  /** Digests that each validator signed, by height. */
  private readonly signed = new Map<number, Map<number, Buffer>>();
  /** Roots by height. */
  private readonly roots = new Map<number, Buffer>();

  constructor(
    private readonly context: ShardContext,
    private readonly shard: ShardAudit,
  ) {}

  /** Takes a record of shard.checkpoint.votes. Throws NOT_CANONICAL. */
  vote(value: Buffer, key: Buffer | null): void {
    const { report, signatures, dishonest } = this.context;
    const vote = avro.CheckpointVote.decode(value.subarray(WIRE_HEADER_BYTES));
    const validator = vote?.validator ?? 0;
    if (!vote || key?.length !== 4 || key.readUInt32BE() !== validator || !this.isOfShard(vote.checkpoint)) {
      report("readable", `shard ${this.context.shard.shard}: a vote on a checkpoint in the wrong place`);
      return;
    }
    if (dishonest.has(validator)) return;
    const { checkpoint } = vote;
    const where = `${this.where(checkpoint)}, validator ${validator}`;
    const digest = checkpointDigest(checkpoint);
    if (!signatures.isVote(validator, digest, vote.signature)) {
      report("vote-valid", `${where}: the signature is wrong`);
      return;
    }
    const atHeight = this.signed.get(checkpoint.height) ?? new Map<number, Buffer>();
    this.signed.set(checkpoint.height, atHeight);
    const before = atHeight.get(validator);
    if (before && !before.equals(digest)) report("one-vote-a-height", `${where}: a second root`);
    atHeight.set(validator, digest);
    this.compare(checkpoint, where);
  }

  /** Takes a record of shard.checkpoints. Throws NOT_CANONICAL. */
  certificate(value: Buffer): void {
    const { report, signatures } = this.context;
    const certificate = avro.CheckpointCertificate.decode(value.subarray(WIRE_HEADER_BYTES));
    if (!certificate || !this.isOfShard(certificate.checkpoint)) {
      report("readable", `shard ${this.context.shard.shard}: no certificate of a checkpoint`);
      return;
    }
    const { checkpoint } = certificate;
    const where = this.where(checkpoint);
    const stake = signatures.stakeOf(checkpointDigest(checkpoint), certificate.signatures);
    if (typeof stake === "string") report("certificate-valid", `${where}: ${stake}`);
    if (checkpoint.height <= this.certified) report("written-once", `${where}: not above ${this.certified}`);
    this.certified = Math.max(this.certified, checkpoint.height);
    this.compare(checkpoint, where);
  }

  private compare(checkpoint: Checkpoint, where: string): void {
    this.shard.whenClosed(checkpoint.height, ({ header, digest }) => {
      const { block, time, epoch, stateRoot } = checkpoint;
      if (!block.equals(digest) || time !== header.time || epoch !== header.epoch)
        this.context.report("same-state", `${where}: it is of another block than the log's`);
      if (this.rootAt(checkpoint.height).equals(stateRoot)) return;
      // Its blocks say what changed: where they are right, and its state is not, it began with another one.
      const hasParents = this.context.shard.parents.length > 0;
      const invariant = hasParents && block.equals(digest) ? "children-equal-parent" : "same-state";
      this.context.report(invariant, `${where}: the state has another root`);
    });
  }

  /** Root of the state after the block of a height. */
  private rootAt(height: number): Buffer {
    let root = this.roots.get(height);
    if (!root) {
      const values = new Map<string, StateValue>(this.shard.chain!.values);
      for (const { changes } of this.shard.blocks.slice(height).reverse()) takeBack(values, changes);
      root = rootOfPart({ prefix: this.context.shard.prefix, values }, this.context.network.hashPair);
      this.roots.set(height, root);
    }
    return root;
  }

  private isOfShard({ shard, genesis, prefix }: Checkpoint): boolean {
    const { network, shard: own } = this.context;
    return shard === own.shard && prefix === own.prefix && genesis.equals(network.hash);
  }

  private where({ shard, height }: Checkpoint): string {
    return `shard ${shard}, checkpoint ${height}`;
  }
}

function takeBack(values: Map<string, StateValue>, changes: Block["changes"]): void {
  for (const { key, before } of changes) {
    if (before) values.set(key, before);
    else values.delete(key);
  }
}
