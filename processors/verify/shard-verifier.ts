import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import type { Conservation } from "../../ledger/conservation.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";
import type { StateTree } from "../../ledger/state-tree/state-tree.js";
import type { RecordTypes, ShardPlace } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { CertificateCheck } from "./check-certificates.js";
import { ChangesCheck } from "./check-changes.js";
import { CheckpointCheck } from "./check-checkpoints.js";
import { HeaderCheck } from "./check-headers.js";
import { ReceiptCheck } from "./check-receipts.js";
import { VoteCheck } from "./check-votes.js";
import type { Difference, ShardFigures } from "./difference.js";
import { type Check, Follower } from "./follower.js";
import { OwnBlocks } from "./own-blocks.js";
import type { ShardReplay } from "./replay.js";
import type { Senders } from "./senders.js";
import type { ChainSource, OffsetRange } from "./source.js";
import type { ShardStart } from "./start.js";
import type { StateTable } from "./state-table.js";

/** Topics that are read along with a shard's log. */
export const FOLLOWED = [
  "shard.finalized",
  "shard.blocks",
  "shard.receipts",
  "shard.changes",
  "shard.votes",
] as const;
export type FollowedTopic = (typeof FOLLOWED)[number];

/** What is read of such a topic. */
export interface FollowedRange extends OffsetRange {
  /** Retention has taken some of it, or may have. */
  readonly isTrimmed: boolean;
}

export interface ShardVerifierOptions {
  readonly network: Network;
  readonly shard: number;
  readonly place: ShardPlace;
  readonly source: ChainSource;
  readonly start: ShardStart;
  /** What the shard began with before its first block, as far as it is known. */
  readonly initial: () => ReadonlyMap<StateKey, StateValue>;
  /** Nothing is read of the shard but its log. */
  readonly isUnread?: boolean;
  /** The tree of what it begins with, where it is there already. */
  readonly tree?: StateTree | undefined;
  readonly replay: ShardReplay;
  readonly senders: Senders;
  readonly table: StateTable;
  readonly conservation: Conservation;
  readonly ranges: Readonly<Record<FollowedTopic, FollowedRange>>;
}

/** Compares each block of a shard with all that the topics say about it. */
export class ShardVerifier {
  readonly replay: ShardReplay;
  private readonly own: OwnBlocks;
  private readonly followers: readonly Pick<Follower<"Vote">, "blockDone" | "finish">[];
  private readonly certificates: CertificateCheck;
  private readonly receipts: ReceiptCheck;
  private readonly changes: ChangesCheck;
  private readonly checkpoints: CheckpointCheck;
  /** What the state held after the last block, in 10^-18 RUS. */
  private held: bigint;
  private stateKeys = 0;

  constructor(private readonly options: ShardVerifierOptions) {
    const { network, shard, place, start, replay, ranges, source } = options;
    const { partition } = place;
    // A contradicted execute corrects what it wrote ahead of the certificates, at most so many blocks.
    const patience = 2 * network.genesis.parameters.unfinalisedBlocksMax;
    const own = new OwnBlocks(shard, RECENT_PATIENCES * patience, start.position.height);
    const follow = <K extends keyof RecordTypes>(
      topic: FollowedTopic,
      type: K,
      check: Check<RecordTypes[K]>,
    ) =>
      new Follower(
        type,
        source.read(topic satisfies TopicName, partition, ranges[topic]),
        check,
        patience,
        own.start,
      );
    this.replay = replay;
    this.own = own;
    options.senders.add(own);
    this.certificates = new CertificateCheck(network, own);
    this.receipts = new ReceiptCheck(own, patience, ranges["shard.receipts"].isTrimmed);
    this.changes = new ChangesCheck(own, patience, ranges["shard.changes"].isTrimmed);
    const certificates = options.isUnread ? nothing() : source.checkpoints(partition);
    this.checkpoints = new CheckpointCheck(network, own, certificates, start, options.tree);
    this.followers = [
      follow("shard.finalized", "FinalityCertificate", this.certificates),
      follow("shard.blocks", "BlockHeader", new HeaderCheck(own, patience)),
      follow("shard.receipts", "Receipt", this.receipts),
      follow("shard.changes", "BlockChanges", this.changes),
      // After the certificates: their signatures are remembered, and are most of the votes'.
      follow("shard.votes", "Vote", new VoteCheck(network, own)),
    ];
    this.held = replay.state.held;
  }

  get shard(): number {
    return this.options.shard;
  }

  get place(): ShardPlace {
    return this.options.place;
  }

  /** Of an ended shard: its state's tree, where its root was compared with a certified one. */
  get lastTree(): StateTree | undefined {
    return this.checkpoints.lastTree;
  }

  get figures(): ShardFigures {
    const { start, shard } = this.options;
    return {
      shard,
      from: start.position.height,
      blocks: this.own.height - this.own.start,
      entries: this.replay.position.sequence - start.position.sequence,
      certified: this.certificates.certified,
      receiptsCompared: this.receipts.compared,
      changesCompared: this.changes.compared,
      stateKeys: this.stateKeys,
      checkpoints: this.checkpoints.compared,
    };
  }

  /** What must hold before the first block. */
  start(): Difference | undefined {
    return this.options.table.height === this.own.start ? this.compareState() : undefined;
  }

  /** Takes the next block. */
  async block(block: ExecutedBlock): Promise<Difference | undefined> {
    const { height } = block.header;
    this.own.add(block);
    for (const follower of this.followers) {
      const difference = await follower.blockDone(height);
      if (difference) return difference;
    }
    return (
      this.conserve(block) ??
      (height === this.options.table.height ? this.compareState() : undefined) ??
      (await this.checkpoints.block(block))
    );
  }

  /** Takes what the topics have left, once the log is at its end. Of several differences the lowest height's. */
  async finish(): Promise<Difference | undefined> {
    const found: Difference[] = [];
    for (const follower of this.followers) {
      const difference = await follower.finish(this.own.height);
      if (difference) found.push(difference);
    }
    const { table } = this.options;
    if (table.height > this.own.height) found.push(table.beyondLog());
    return found.sort((a, b) => (a.height ?? 0) - (b.height ?? 0))[0];
  }

  private conserve({ header, receipts }: ExecutedBlock): Difference | undefined {
    const { conservation, shard } = this.options;
    const change = conservation.take(receipts);
    const { held } = this.replay.state;
    const changed = held - this.held;
    this.held = held;
    if (change === changed) return undefined;
    const message =
      change === undefined
        ? "a transfer is completed with another amount than was credited"
        : `the block changes what the shard holds by ${changed}, its receipts by ${change}`;
    return { code: "VALUE_NOT_CONSERVED", shard, height: header.height, message };
  }

  private compareState(): Difference | undefined {
    const { values } = this.replay.state;
    this.stateKeys = values.size;
    return this.options.table.compare(values, this.own, this.options.initial());
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** Blocks whose roots are kept, in times of the patience with corrections: those are for heights twice as old at most. */
const RECENT_PATIENCES = 4;
