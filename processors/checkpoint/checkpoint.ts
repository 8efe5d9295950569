import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { checkpointDigest, verifyCheckpoint } from "../../ledger/checkpoint/checkpoint.js";
import { checkpointRank } from "../../ledger/checkpoint/rank.js";
import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import { type KeyPair, signEd25519 } from "../../ledger/crypto/ed25519.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { StateTree } from "../../ledger/state-tree/state-tree.js";
import { codec } from "../../schemas/codec.js";
import type { BlockHeader, Checkpoint } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { CertifiedChanges } from "../chain/certified-changes.js";
import { validatorRecordKey } from "../keys.js";
import { read, unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult, StoreBatch } from "../stage.js";
import { GatheredChanges, type OrderedChanges } from "./gathered-changes.js";
import { OwnRoots } from "./own-roots.js";
import { type CheckpointPlace, leavesBatch } from "./store-layout.js";
import { rankToKeepUp } from "./stretch.js";

export interface CheckpointOptions {
  readonly network: Network;
  readonly shard: number;
  readonly validator: number;
  readonly keyPair: KeyPair;
  /** The shard's tree after the block of `place`. */
  readonly tree: StateTree;
  readonly place: CheckpointPlace;
  /** Height of the last certified checkpoint: up to there nothing is signed. */
  readonly certifiedHeight: number;
}

/** Leaves hashed in one go: some 25 ms. */
export const SLICE_LEAVES = 128;
/** Pause between two slices, in milliseconds: records are taken, and heartbeats sent. */
const SLICE_PAUSE_MS = 1;
/** Final blocks that may wait for a checkpoint that can't begin yet; reading pauses above it. */
const BLOCKS_WAITING_MAX = 256;

/** A root that is being worked out. */
interface Hashing {
  readonly header: BlockHeader;
  readonly place: CheckpointPlace;
  readonly changes: OrderedChanges;
  readonly sinceMs: number;
  done: number;
}

/**
 * A validator's part in checkpoints, one group a validator: keeps the state tree of a shard by the changes of its final
 * blocks, and signs the root at checkpoints. Off the way of transactions: nothing waits for it. Where hashing can't keep up,
 * checkpoints are further apart.
 */
export class CheckpointTask implements StageTask {
  private readonly certified: CertifiedChanges;
  private readonly gathered = new GatheredChanges();
  private readonly roots: OwnRoots;
  private readonly partition: number;
  private readonly prefix: string;
  /** Offsets of certificates whose block has not been taken, by height. */
  private readonly certificateOffsets = new Map<number, number>();
  private hashing: Hashing | undefined;
  /** The next checkpoint, while the root of the one before is worked out: no further block is taken. */
  private due: BlockHeader | undefined;
  private hashedMs = 0;
  private place: CheckpointPlace;
  private newestTime = 0;
  /** The last block that was taken, while its state has no root, and when it was taken. */
  private last: { readonly header: BlockHeader; readonly takenMs: number } | undefined;

  constructor(private readonly options: CheckpointOptions) {
    const { network, shard, place } = options;
    const { partition, prefix } = network.topology.shard(shard);
    this.partition = partition;
    this.prefix = prefix;
    this.place = place;
    this.certified = new CertifiedChanges(place.height);
    this.roots = new OwnRoots(shard, options.certifiedHeight);
  }

  get startAt(): ReadonlyMap<TopicName, number> {
    const { changesOffset, finalizedOffset } = this.options.place;
    return new Map<TopicName, number>([
      ["shard.changes", changesOffset],
      ["shard.finalized", finalizedOffset],
    ]);
  }

  /** The shard has ended, and the root of its last state is certified. */
  get isDone(): boolean {
    const { isLast, height } = this.place;
    return isLast && !this.hashing && !this.due && this.roots.certifiedHeight >= height;
  }

  step(records: readonly InputRecord[], nowMs: number): StepResult {
    const alerts: Alert[] = [];
    for (const record of records) {
      const alert = this.take(record);
      if (alert) alerts.push(alert);
    }
    const last = records.at(-1)!;
    const resumeAt =
      last.topic === "shard.checkpoints" ? new Map([[last.topic, last.offset + 1]]) : undefined;
    return this.result(nowMs, [], undefined, alerts, resumeAt);
  }

  timer(nowMs: number): StepResult {
    if (!this.hashing) {
      // Nothing came for an interval: what there is gets its root, so that today's state can be proved.
      if (this.last && this.idleDueMs(this.last.takenMs) <= nowMs) this.begin(this.last.header, nowMs);
      return this.result(nowMs);
    }
    const { hashing } = this;
    this.options.tree.apply(hashing.changes.slice(hashing.done, hashing.done + SLICE_LEAVES));
    hashing.done += SLICE_LEAVES;
    if (hashing.done < hashing.changes.length) return this.result(nowMs);
    this.hashing = undefined;
    this.hashedMs = nowMs - hashing.sinceMs;
    const vote = this.vote(hashing.header);
    if (this.due) this.begin(this.due, nowMs);
    return this.result(nowMs, vote, leavesBatch(hashing.changes.slice(), hashing.place));
  }

  private take(record: InputRecord): Alert | undefined {
    switch (record.topic) {
      case "shard.changes": {
        const changes = read("BlockChanges", record);
        return changes ? this.certified.addChanges(changes, record.offset) : unreadable(record);
      }
      case "shard.finalized":
        return this.takeCertificate(record);
      default:
        return this.takeCheckpoint(record);
    }
  }

  private takeCertificate(record: InputRecord): Alert | undefined {
    const { network, shard } = this.options;
    const certificate = read("FinalityCertificate", record);
    if (!certificate) return unreadable(record);
    const { header } = certificate;
    const isOurs = header.shard === shard && header.genesis.equals(network.hash);
    if (!isOurs || !verifyCertificate(header, certificate.signatures, network.consensus).ok)
      return { code: "BAD_CERTIFICATE", message: `${record.topic}[${record.partition}]@${record.offset}` };
    if (header.height <= this.certified.height) return undefined;
    this.newestTime = Math.max(this.newestTime, header.time);
    if (!this.certificateOffsets.has(header.height))
      this.certificateOffsets.set(header.height, record.offset);
    return this.certified.addCertificate(certificate);
  }

  private takeCheckpoint(record: InputRecord): Alert | undefined {
    const { network, shard } = this.options;
    const certificate = read("CheckpointCertificate", record);
    if (!certificate) return unreadable(record);
    const { checkpoint } = certificate;
    const isOurs = checkpoint.shard === shard && checkpoint.genesis.equals(network.hash);
    if (!isOurs || !verifyCheckpoint(certificate, network.consensus).ok)
      return { code: "BAD_CERTIFICATE", message: `${record.topic}[${record.partition}]@${record.offset}` };
    this.roots.certificate(certificate);
    return undefined;
  }

  private result(
    nowMs: number,
    records: readonly OutputRecord[] = [],
    store?: StoreBatch,
    alerts: Alert[] = [],
    resumeAt?: ReadonlyMap<TopicName, number>,
  ): StepResult {
    alerts.push(...this.advance(nowMs));
    const wakeAtMs = this.hashing
      ? nowMs + SLICE_PAUSE_MS
      : this.last && Math.max(nowMs + SLICE_PAUSE_MS, this.idleDueMs(this.last.takenMs));
    return {
      records,
      alerts,
      ...(store && { store }),
      ...(resumeAt && { resumeAt }),
      ...(wakeAtMs !== undefined && { wakeAtMs }),
      pause: this.ahead(),
    };
  }

  /** Inputs that are far ahead; never one that what has been read still waits for. */
  private ahead(): TopicName[] {
    const ahead: TopicName[] = [];
    if (this.certified.changesWaiting > BLOCKS_WAITING_MAX) ahead.push("shard.changes");
    if (this.certified.certificatesWaiting > BLOCKS_WAITING_MAX) ahead.push("shard.finalized");
    return ahead;
  }

  /**
   * Takes final blocks up to the next checkpoint; also while a root is worked out, because what is gathered is less than
   * blocks: of each key one change.
   */
  private advance(nowMs: number): Alert[] {
    const { checkpointIntervalMs } = this.options.network.genesis.parameters;
    while (!this.due) {
      const { blocks, alerts } = this.certified.take(1);
      const [block] = blocks;
      if (!block) return alerts;
      const { header } = block.certificate;
      const { height, time } = header;
      this.gathered.add(block.changes);
      // The last state of a shard that ends is always certified: those after it begin with it.
      const rank = header.isLast
        ? Number.POSITIVE_INFINITY
        : checkpointRank(this.place.time, time, checkpointIntervalMs);
      this.place = {
        height,
        time,
        changesOffset: block.changesOffset + 1,
        finalizedOffset: this.certificateOffsets.get(height)! + 1,
        isLast: header.isLast,
      };
      this.certificateOffsets.delete(height);
      this.last = { header, takenMs: nowMs };
      const hashingMs = Math.max(this.hashedMs, this.hashing ? nowMs - this.hashing.sinceMs : 0);
      const needed = rankToKeepUp(hashingMs, this.newestTime - time, checkpointIntervalMs);
      if (rank === undefined || rank < needed) continue;
      if (this.hashing) this.due = header;
      else this.begin(header, nowMs);
    }
    return [];
  }

  private begin(header: BlockHeader, nowMs: number): void {
    this.last = undefined;
    this.due = undefined;
    this.hashing = { header, place: this.place, changes: this.gathered.take(), sinceMs: nowMs, done: 0 };
  }

  private idleDueMs(takenMs: number): number {
    return takenMs + this.options.network.genesis.parameters.checkpointIntervalMs;
  }

  private vote(header: BlockHeader): OutputRecord[] {
    const { validator, keyPair } = this.options;
    const { root } = this.options.tree;
    this.roots.computed(header.height, root);
    if (header.height <= this.roots.certifiedHeight) return [];
    const checkpoint = this.checkpointOf(header, root);
    const signature = signEd25519(voteMessage(checkpointDigest(checkpoint)), keyPair);
    return [
      {
        topic: "shard.checkpoint.votes",
        partition: this.partition,
        key: validatorRecordKey(validator),
        value: codec("CheckpointVote").encode({ validator, checkpoint, signature }),
      },
    ];
  }

  private checkpointOf(header: BlockHeader, stateRoot: Buffer): Checkpoint {
    const { genesis, shard, height, time, epoch } = header;
    return { genesis, shard, height, block: digestOf(header), time, epoch, prefix: this.prefix, stateRoot };
  }
}
