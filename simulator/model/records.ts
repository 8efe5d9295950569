/** Shapes of the Avro records that the model reads or writes, as avro.ts reads them. The schemas say what fields mean. */

import type { StateValue } from "./state-records.js";
import type {
  Priority,
  ShardPlace,
  ShardTopology,
  TopologyChange,
  TopologyMarker,
  TopologyProposal,
} from "./topology-records.js";

export interface GenesisShard {
  readonly shard: number;
  readonly path: string;
  readonly prefix: string;
  readonly partition: number;
}

export interface GenesisValidator {
  readonly validator: number;
  readonly name: string;
  readonly publicKey: Buffer;
  readonly stake: number;
}

export interface Genesis {
  readonly network: string;
  readonly chainId: number;
  readonly consensus: string;
  readonly sourcePartitions: number;
  readonly parameters: {
    readonly blockIntervalMs: number;
    readonly maximumEntriesPerBlock: number;
    readonly transactionBytesMax: number;
    readonly unfinalisedBlocksMax: number;
    readonly crossShardDeadlineMs: number;
    readonly checkpointIntervalMs: number;
    readonly shardsMax: number;
    readonly reshardCooldownMs: number;
  };
  readonly shards: readonly GenesisShard[];
  readonly validators: readonly GenesisValidator[];
  readonly operatorKey: Buffer;
  readonly assignerKey: Buffer;
  readonly allocationHash: Buffer;
  readonly allocationParts: number;
}

export interface GenesisAllocation {
  readonly part: number;
  readonly accounts: readonly {
    readonly account: Buffer;
    readonly balance: bigint;
    readonly nonce: number;
  }[];
}

export interface SignedTransaction {
  readonly scheme: "ED25519" | "ETHEREUM";
  readonly body: Buffer;
  readonly publicKey: Buffer;
  readonly signature: Buffer;
}

export interface TransferBody {
  readonly chainId: number;
  readonly sender: Buffer;
  readonly recipient: Buffer;
  readonly amount: bigint;
  readonly nonce: number;
  readonly gasLimit: number;
  readonly gasPrice: bigint;
  readonly validUntil: number;
  readonly priority: Priority;
  readonly data: Buffer;
}

export interface UserTransaction {
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly submittedAt: number;
  readonly sender: Buffer;
  readonly transactionId: Buffer;
  readonly transaction: SignedTransaction;
  readonly mac: Buffer;
}

export interface RejectedTransaction {
  readonly code: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly submittedAt: number;
  readonly transactionId: Buffer | null;
  readonly sender: Buffer | null;
}

export interface Message {
  readonly kind: "PREPARE" | "FORWARD" | "CANCEL" | "CREDITED" | "REFUSED";
  readonly transactionId: Buffer;
  readonly source: number;
  readonly destination: number;
  readonly sender: Buffer;
  readonly recipient: Buffer;
  readonly amount: bigint;
  readonly deadline: number;
  readonly priority: Priority;
  readonly code: string;
}

export interface Header {
  readonly genesis: Buffer;
  readonly shard: number;
  readonly height: number;
  readonly parent: Buffer;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly time: number;
  readonly epoch: number;
  readonly entriesRoot: Buffer;
  readonly receiptsRoot: Buffer;
  readonly changesRoot: Buffer;
  readonly messagesRoot: Buffer;
  readonly isLast: boolean;
}

export interface ValidatorSignature {
  readonly validator: number;
  readonly signature: Buffer;
}

export interface CrossShardBundle {
  readonly header: Header;
  readonly signatures: readonly ValidatorSignature[];
  readonly destination: number;
  readonly priority: Priority;
  readonly channelSequence: number;
  readonly messages: readonly Message[];
  readonly change: TopologyChange | null;
  readonly isLast: boolean;
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly proof: readonly Buffer[];
}

export interface Checkpoint {
  readonly genesis: Buffer;
  readonly shard: number;
  readonly height: number;
  readonly block: Buffer;
  readonly time: number;
  readonly epoch: number;
  readonly prefix: string;
  readonly stateRoot: Buffer;
}

export interface CheckpointVote {
  readonly validator: number;
  readonly checkpoint: Checkpoint;
  readonly signature: Buffer;
}

export interface CheckpointCertificate {
  readonly checkpoint: Checkpoint;
  readonly signatures: readonly ValidatorSignature[];
}

export interface LogEntry {
  readonly entry:
    | { readonly is: "UserTransaction"; readonly value: UserTransaction }
    | { readonly is: "CrossShardBundle"; readonly value: CrossShardBundle }
    | { readonly is: "Cut"; readonly value: { readonly height: number } }
    | { readonly is: "Genesis"; readonly value: Genesis }
    | { readonly is: "GenesisAllocation"; readonly value: GenesisAllocation }
    | { readonly is: "CheckpointCertificate"; readonly value: CheckpointCertificate }
    | { readonly is: "TopologyMarker"; readonly value: TopologyMarker }
    | { readonly is: "TopologyProposal"; readonly value: TopologyProposal };
}

export type ReceiptKind =
  | "TRANSFER"
  | "PREPARED"
  | "FORWARDED"
  | "CANCELLED"
  | "CREDITED"
  | "CREDIT_REFUSED"
  | "COMPLETED"
  | "REFUNDED"
  | "REFUSED"
  | "TOPOLOGY_CHANGED"
  | "PROPOSAL_REFUSED";

export interface ReceiptResult {
  readonly sequence: number;
  readonly kind: ReceiptKind;
  readonly code: string;
  readonly transactionId: Buffer;
  readonly sender: Buffer;
  readonly recipient: Buffer;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly submittedAt: number;
}

/** What names a block in the records that execute writes for it. */
export interface OfBlock {
  readonly shard: number;
  readonly height: number;
  readonly digest: Buffer;
}

export interface Receipt extends OfBlock {
  readonly index: number;
  readonly count: number;
  /** Written from its bytes. */
  readonly result: ReceiptResult | Buffer;
}

export interface StateChange {
  /** Read as bytes; written from bytes or latin1. */
  readonly key: Buffer | string;
  readonly value: StateValue | null;
}

export interface BlockChanges extends OfBlock {
  /** Written from their bytes. */
  readonly changes: readonly (StateChange | Buffer)[];
}

export interface StateRecord {
  readonly height: number;
  readonly digest: Buffer;
  readonly value: StateValue | null;
}

export interface OutgoingBundle extends OfBlock {
  readonly destination: number;
  readonly priority: Priority;
  readonly channelSequence: number;
  readonly messages: readonly (Message | Buffer)[];
  readonly change: TopologyChange | null;
  readonly isLast: boolean;
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly proof: readonly Buffer[];
}

export interface FinalityCertificate {
  readonly header: Header;
  readonly digest: Buffer;
  readonly signatures: readonly ValidatorSignature[];
  readonly signedStake: number;
  readonly totalStake: number;
}

export interface Notification {
  readonly account: Buffer | null;
  readonly event: "REJECTED" | "PRE_CONFIRMED" | "FINAL" | "COMPLETED" | "REFUNDED";
  readonly applied: boolean;
  readonly code: string;
  readonly transactionId: Buffer | null;
  readonly crossShard: boolean;
  readonly shard: number;
  readonly height: number;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly submittedAt: number;
  readonly at: number;
}

export interface Records {
  Genesis: Genesis;
  GenesisAllocation: GenesisAllocation;
  SignedTransaction: SignedTransaction;
  TransferBody: TransferBody;
  ValidatedTransaction: UserTransaction;
  RejectedTransaction: RejectedTransaction;
  LogEntry: LogEntry;
  BlockHeader: Header;
  ReceiptResult: ReceiptResult;
  Receipt: Receipt;
  StateChange: StateChange;
  BlockChanges: BlockChanges;
  StateRecord: StateRecord;
  CrossShardMessage: Message;
  OutgoingBundle: OutgoingBundle;
  Checkpoint: Checkpoint;
  CheckpointVote: CheckpointVote;
  CheckpointCertificate: CheckpointCertificate;
  ShardPlace: ShardPlace;
  ShardTopology: ShardTopology;
  TopologyChange: TopologyChange;
  TopologyMarker: TopologyMarker;
  TopologyProposal: TopologyProposal;
  Notification: Notification;
}
