import type { Hex } from "./bytes.js";
import type { ReceiptKind } from "./entries.js";

/** What is known of the block behind each claim. */
export interface Certified {
  /** Hash of the genesis; names the network. */
  readonly genesis: Hex;
  /** Number of the shard; 0 is the main chain. */
  readonly shard: number;
  readonly height: number;
  /** Digest of the block. */
  readonly block: Hex;
  /** Time of the block, in milliseconds since 1970. */
  readonly time: number;
  /** Topology epoch of the block. */
  readonly epoch: number;
  /** Stake that signed, and stake of all validators, in whole RUS. */
  readonly signedStake: number;
  readonly totalStake: number;
}

/** What an account has. Amounts are in 10^-18 RUS. */
export interface AccountBalances {
  readonly balance: bigint;
  /** Next nonce. */
  readonly nonce: number;
  /** Amount of its transfers between shards that are not settled yet. */
  readonly escrowed: bigint;
}

/** What an account had after a block. */
export interface AccountClaim extends Certified {
  readonly kind: "account";
  /** Account id, 20 bytes. */
  readonly account: Hex;
  /** Undefined where the state has nothing of the account: that is proved too. */
  readonly state: AccountBalances | undefined;
}

/** What an entry did. Amounts are in 10^-18 RUS. */
export interface ReceiptClaim {
  readonly sequence: number;
  readonly kind: ReceiptKind;
  /** Reason code where refused, cancelled or refunded; else empty. */
  readonly code: string;
  readonly transactionId: Hex;
  readonly sender: Hex;
  readonly recipient: Hex;
  readonly amount: bigint;
  readonly fee: bigint;
  /** Place of the original in the topic transactions; -1 for a message. */
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  /** Time the broker appended the original, in milliseconds since 1970; 0 for a message. */
  readonly submittedAt: number;
}

/** That a transaction is in a block, and what came of it there. */
export interface TransactionClaim extends Certified {
  readonly kind: "transaction";
  /** Transaction id, 32 bytes. */
  readonly transactionId: Hex;
  readonly receipt: ReceiptClaim;
}

/** Topics whose records can be proved. */
export type ProvableTopic = "shard.log" | "shard.receipts" | "shard.state";

/** That a record of a topic is what validators certified. */
export interface RecordClaim extends Certified {
  readonly kind: "record";
  readonly topic: ProvableTopic;
  /** Key of the record; empty for none. */
  readonly key: Hex;
  /** Whether the record removes its key. */
  readonly isRemoval: boolean;
  /** Place among the entries, receipts or changes of the block, from 0, and how many there are. */
  readonly index: number;
  readonly count: number;
}

/** That a shard's certified state root is in the global root that the main chain has. */
export interface ShardRootClaim extends Certified {
  readonly kind: "shard";
  /** Root of the shard's state after the block. */
  readonly stateRoot: Hex;
  /** Root of the one tree over all shards. */
  readonly globalRoot: Hex;
  /** Block of the main chain after which it has that global root; time in milliseconds since 1970. */
  readonly mainChain: Pick<Certified, "height" | "block" | "time">;
}

export type Claim = AccountClaim | TransactionClaim | RecordClaim | ShardRootClaim;
