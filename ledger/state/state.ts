import type {
  AccountState,
  EscrowState,
  GlobalRootState,
  MainChainState,
  ShardRootState,
  ShardState,
  StateChange,
  TopologyState,
} from "../../schemas/generated.js";
import { AMOUNT_LIMIT } from "../amount.js";
import type { StateKey } from "./key.js";

/** A value of the state, as it travels in Avro. */
export type StateValue = NonNullable<StateChange["value"]>;

/** A shard's own record: marks, channels, how it ends, and which states of the others the main chain has. */
export type OwnRecord = ShardState & MainChainState;

/** What a block changed: null removes. */
export type StateChanges = ReadonlyMap<StateKey, StateValue | null>;

/** State after the last closed block. Reads are synchronous; the runtime puts a cache and a store behind it. */
export interface State {
  get(key: StateKey): StateValue | undefined;
  /** Takes in a closed block's changes. */
  apply(changes: StateChanges): void;
}

/** State in memory only: tests, the simulator, the auditor. */
export class MemoryState implements State {
  readonly values = new Map<StateKey, StateValue>();
  get(key: StateKey): StateValue | undefined {
    return this.values.get(key);
  }
  apply(changes: StateChanges): void {
    for (const [key, value] of changes) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
  }
}

export const EMPTY_ACCOUNT: AccountState = { balance: 0n, nonce: 0, escrowed: 0n };

export function accountValue(account: AccountState): StateValue {
  return { "rustorium.AccountState": account };
}
export function escrowValue(escrow: EscrowState): StateValue {
  return { "rustorium.EscrowState": escrow };
}
/** An ordinary shard's own record as a value. */
export function shardValue({ marks, sent, received, change, markers }: OwnRecord): StateValue {
  return { "rustorium.ShardState": { marks, sent, received, change, markers } };
}
/** The main chain's own record as a value. */
export function mainChainValue({ sent, received, checkpoints }: OwnRecord): StateValue {
  return { "rustorium.MainChainState": { sent, received, checkpoints } };
}
export function topologyValue(topology: TopologyState): StateValue {
  return { "rustorium.TopologyState": topology };
}
export function shardRootValue(root: ShardRootState): StateValue {
  return { "rustorium.ShardRootState": root };
}
export function globalRootValue(root: GlobalRootState): StateValue {
  return { "rustorium.GlobalRootState": root };
}

export function asAccount(value: StateValue | null | undefined): AccountState | undefined {
  return value && "rustorium.AccountState" in value ? value["rustorium.AccountState"] : undefined;
}
export function asEscrow(value: StateValue | null | undefined): EscrowState | undefined {
  return value && "rustorium.EscrowState" in value ? value["rustorium.EscrowState"] : undefined;
}
export function asShard(value: StateValue | null | undefined): OwnRecord | undefined {
  if (value && "rustorium.MainChainState" in value)
    return { marks: [], change: null, markers: [], ...value["rustorium.MainChainState"] };
  if (value && "rustorium.ShardState" in value) return { ...value["rustorium.ShardState"], checkpoints: [] };
  return undefined;
}
export function asTopology(value: StateValue | null | undefined): TopologyState | undefined {
  return value && "rustorium.TopologyState" in value ? value["rustorium.TopologyState"] : undefined;
}
export function asShardRoot(value: StateValue | null | undefined): ShardRootState | undefined {
  return value && "rustorium.ShardRootState" in value ? value["rustorium.ShardRootState"] : undefined;
}
export function asGlobalRoot(value: StateValue | null | undefined): GlobalRootState | undefined {
  return value && "rustorium.GlobalRootState" in value ? value["rustorium.GlobalRootState"] : undefined;
}

/** Whether an account has room for an amount besides what it holds and what may come back from escrow. */
export function hasRoomFor(account: AccountState, amount: bigint): boolean {
  return account.balance + account.escrowed + amount < AMOUNT_LIMIT;
}

/** Value held by a state value: what conservation adds up, in 10^-18 RUS. */
export function amountOf(value: StateValue): bigint {
  return asAccount(value)?.balance ?? asEscrow(value)?.amount ?? 0n;
}
