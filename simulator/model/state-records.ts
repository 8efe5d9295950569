/** What a shard's state has: values as avro.ts reads them. The schemas say what fields mean. */

import type {
  ReceivedBundles,
  SentBundles,
  SourceMark,
  TopologyChange,
  TopologyState,
} from "./topology-records.js";

export interface Account {
  readonly balance: bigint;
  readonly nonce: number;
  readonly escrowed: bigint;
}

export interface Escrow {
  readonly sender: Buffer;
  readonly recipient: Buffer;
  readonly amount: bigint;
  readonly deadline: number;
}

export interface Channels {
  readonly sent: readonly SentBundles[];
  readonly received: readonly ReceivedBundles[];
}

export interface ShardRecord extends Channels {
  readonly marks: readonly SourceMark[];
  readonly change: TopologyChange | null;
  readonly markers: readonly number[];
}

export interface MainChainRecord extends Channels {
  readonly checkpoints: readonly { readonly shard: number; readonly height: number }[];
}

export interface ShardRoot {
  readonly height: number;
  readonly time: number;
  readonly stateRoot: Buffer;
}

export type StateValue =
  | { readonly is: "AccountState"; readonly value: Account }
  | { readonly is: "EscrowState"; readonly value: Escrow }
  | { readonly is: "ShardState"; readonly value: ShardRecord }
  | { readonly is: "ShardRootState"; readonly value: ShardRoot }
  | { readonly is: "MainChainState"; readonly value: MainChainRecord }
  | { readonly is: "GlobalRootState"; readonly value: { readonly root: Buffer } }
  | { readonly is: "TopologyState"; readonly value: TopologyState };
