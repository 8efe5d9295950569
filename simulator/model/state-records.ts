/** What a shard's state has: values as avro.ts reads them. The schemas say what fields mean. */

export interface Account {
  readonly balance: bigint;
  readonly nonce: number;
  readonly escrowed: bigint;
}

export interface Escrow {
  readonly sender: Buffer;
  readonly recipient: Buffer;
  readonly amount: bigint;
  readonly destination: number;
  readonly deadline: number;
}

export interface ShardRecord {
  readonly marks: readonly { readonly partition: number; readonly offset: number }[];
  readonly channels: readonly { readonly shard: number; readonly received: number; readonly sent: number }[];
}

export interface MainChainRecord extends ShardRecord {
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
  | { readonly is: "GlobalRootState"; readonly value: { readonly root: Buffer } };
