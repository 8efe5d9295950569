/** What a verifier can find different from what the logs mean. Stable: scripts compare them. */
export type DifferenceCode =
  /** The genesis is not the configured one, or its allocation not the one that it names. */
  | "GENESIS_DIFFERS"
  /** A height has no certificate, and a later one has. */
  | "CERTIFICATE_MISSING"
  /** A certificate without quorum, with a wrong signature, or that can't be read. */
  | "CERTIFICATE_INVALID"
  /** A certified header, or the last header in shard.blocks, is not what the log gives. */
  | "HEADER_DIFFERS"
  | "RECEIPTS_DIFFER"
  | "CHANGES_DIFFER"
  | "STATE_DIFFERS"
  /** A validator signed two digests for one height. */
  | "EQUIVOCATION"
  /** A shard took messages that their sender's chain did not send: whoever signed the header they came with made it up. */
  | "BUNDLE_NOT_SENT"
  | "VALUE_NOT_CONSERVED"
  /** The topic topology says something else of a shard than the main chain decided. */
  | "TOPOLOGY_DIFFERS"
  /** A checkpoint without quorum, or that contradicts the block it names. */
  | "CHECKPOINT_INVALID"
  | "CHECKPOINT_ROOT_DIFFERS"
  | "CHECKPOINT_BLOCK_DIFFERS";

/** The first thing that is different. */
export interface Difference {
  readonly code: DifferenceCode;
  /** null: of no shard in particular. */
  readonly shard: number | null;
  readonly height: number | null;
  /** Offset of the record that shows it, in the topic that `message` names. */
  readonly offset?: number;
  readonly message: string;
}

/** What was compared of a shard. */
export interface ShardFigures {
  readonly shard: number;
  /** Height after which its log was executed; 0: from the genesis. */
  readonly from: number;
  /** Blocks that the log gave. */
  readonly blocks: number;
  /** Entries of these blocks. */
  readonly entries: number;
  /** Blocks with a certificate. */
  readonly certified: number;
  /** Heights whose receipts were still there; retention takes the earliest. */
  readonly receiptsCompared: number;
  readonly changesCompared: number;
  /** Keys of the state at the height that shard.state is complete up to. */
  readonly stateKeys: number;
  readonly checkpoints: number;
}

/** What a verifier found. */
export interface ChainReport {
  readonly shards: readonly ShardFigures[];
  /**
   * In 10^-18 RUS: the genesis's total, and what all shards hold; null where that was not reached, or is unknown because
   * transfers are open that may have been credited before the execution began.
   */
  readonly value: { readonly expected: bigint | null; readonly found: bigint | null };
  /** Signatures of transactions and of validators. */
  readonly checkedSignatures: number;
  readonly firstDifference: Difference | null;
}

/** Why nothing could be verified. */
export type Refusal =
  | {
      /** The log's beginning is gone, so nobody can execute it from the genesis, or from the state that it was to begin with. */
      readonly code: "LOG_TRIMMED";
      readonly shard: number;
      /** First offset that is there. */
      readonly firstOffset: number;
    }
  | {
      /** It has no certified state yet, and the topic topology doesn't know one of the shards whose place it took. */
      readonly code: "PARENT_UNKNOWN";
      readonly shard: number;
    };
