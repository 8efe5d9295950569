import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { verifyCheckpoint } from "../../ledger/checkpoint/checkpoint.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { type EncodedChange, encodeChanges } from "../../ledger/state/encoded-changes.js";
import type { StateKey } from "../../ledger/state/key.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import type { Difference, DifferenceCode } from "./difference.js";
import type { OwnBlocks } from "./own-blocks.js";
import type { ShardStart } from "./start.js";

/** Changes that the tree takes at once; what a batch needs besides the tree grows with it. */
const BATCH_MAX = 50_000;

interface Certified {
  readonly certificate: CheckpointCertificate;
  readonly digest: Buffer;
}

/**
 * Certified checkpoints: of our blocks, and with the root of the tree that our own changes give. The tree is fed from one
 * checkpoint to the next, and not at all where there is none to come.
 */
export class CheckpointCheck {
  private readonly tree: StateTree;
  /** Height whose state the tree is; undefined: of none. */
  private treeHeight: number | undefined;
  /** Changes since the last checkpoint; of a key the last. */
  private readonly pending = new Map<StateKey, EncodedChange>();
  /** Digests of the checkpoints that were compared: a repeat of one is no difference. */
  private readonly seen = new Set<string>();
  private readonly certificates: AsyncIterator<CheckpointCertificate>;
  private next: Certified | undefined;
  private isOpen = false;
  private total = 0;

  constructor(
    private readonly network: Network,
    private readonly own: OwnBlocks,
    certificates: AsyncIterable<CheckpointCertificate>,
    private readonly start: ShardStart,
    /** The tree of what it begins with, where it is there already. */
    inherited?: StateTree,
  ) {
    this.tree = inherited ?? new StateTree(network.topology.shard(own.shard).prefix);
    if (inherited) this.treeHeight = own.start;
    this.certificates = certificates[Symbol.asyncIterator]();
  }

  /** Checkpoints that were compared. */
  get compared(): number {
    return this.total;
  }

  /** The tree after the last block, where that was compared with a certified root. */
  get lastTree(): StateTree | undefined {
    return this.total > 0 && this.treeHeight === this.own.height ? this.tree : undefined;
  }

  /** Takes a block in; it must be the next. */
  async block({ header, digest, encodedChanges }: ExecutedBlock): Promise<Difference | undefined> {
    if (!this.isOpen) {
      this.isOpen = true;
      const difference = await this.advance();
      if (difference) return difference;
      if (this.next && this.treeHeight === undefined) this.collect(encodeChanges(this.start.values));
    }
    if (!this.next) return undefined;
    this.collect(encodedChanges);
    while (this.next && this.next.certificate.checkpoint.height <= header.height) {
      const difference = this.compare(this.next, header, digest) ?? (await this.advance());
      if (difference) return difference;
    }
    if (!this.next) this.pending.clear();
    return undefined;
  }

  private compare(
    { certificate: { checkpoint }, digest: name }: Certified,
    header: ExecutedBlock["header"],
    digest: Buffer,
  ): Difference | undefined {
    const { height, block, time, epoch, prefix, stateRoot } = checkpoint;
    if (this.seen.has(name.toString("latin1"))) return undefined;
    if (height < header.height)
      return this.differs("CHECKPOINT_INVALID", height, "it comes after a later one");
    if (!block.equals(digest))
      return this.differs("CHECKPOINT_BLOCK_DIFFERS", height, "its block is not the log's");
    if (time !== header.time || epoch !== header.epoch || prefix !== this.tree.prefix)
      return this.differs("CHECKPOINT_INVALID", height, "time, epoch or prefix is not the block's");
    this.feed();
    this.treeHeight = height;
    if (!this.tree.root.equals(stateRoot))
      return this.differs("CHECKPOINT_ROOT_DIFFERS", height, "its root is not that of the log's state");
    this.seen.add(name.toString("latin1"));
    this.total++;
    return undefined;
  }

  /** Goes to the next certificate; it must be one, whatever its height. */
  private async advance(): Promise<Difference | undefined> {
    this.next = undefined;
    let certificate: CheckpointCertificate;
    do {
      const { value, done } = await this.certificates.next();
      if (done === true) return undefined;
      certificate = value;
    } while (certificate.checkpoint.height <= this.own.start);
    const { shard, genesis, height } = certificate.checkpoint;
    const verified = verifyCheckpoint(certificate, this.network.consensus);
    if (!verified.ok) return this.differs("CHECKPOINT_INVALID", height, verified.fault);
    if (shard !== this.own.shard || !genesis.equals(this.network.hash))
      return this.differs("CHECKPOINT_INVALID", height, "it is of another chain");
    this.next = { certificate, digest: verified.digest };
    return undefined;
  }

  private collect(changes: readonly EncodedChange[]): void {
    for (const change of changes) this.pending.set(change.key, change);
  }

  private feed(): void {
    const changes = [...this.pending.values()];
    this.pending.clear();
    for (let start = 0; start < changes.length; start += BATCH_MAX)
      this.tree.apply(changes.slice(start, start + BATCH_MAX));
  }

  private differs(code: DifferenceCode, height: number, what: string): Difference {
    return { code, shard: this.own.shard, height, message: `shard.checkpoints: ${what}` };
  }
}
