import { codec } from "../../schemas/codec.js";
import type {
  Genesis,
  GenesisAccount,
  GenesisAllocation,
  GenesisParameters,
} from "../../schemas/generated.js";
import { isAmount } from "../amount.js";
import { type ConsensusModule, consensusModule } from "../consensus/index.js";
import { sha256 } from "../crypto/hash.js";
import { accountKey, type StateKey } from "../state/key.js";
import { accountValue, type StateValue } from "../state/state.js";
import { MAIN_CHAIN, Topology } from "../topology.js";
import { NONCE_MAX, type TransactionRules } from "../transaction/index.js";
import { Allocation } from "./allocation.js";

const GENESIS_DOMAIN = Buffer.from("rustorium/genesis/v1\0");
/** Accounts in one allocation part: 5,000 of at most 50 bytes stay far below RECORD_BYTES_MAX. */
export const ACCOUNTS_PER_PART = 5_000;

export const DEFAULT_PARAMETERS: GenesisParameters = {
  blockIntervalMs: 200,
  maximumEntriesPerBlock: 1_000,
  transactionBytesMax: 256 * 1024,
  allowUnprotected: false,
  clockSkewMsMax: 5_000,
  unfinalisedBlocksMax: 256,
  crossShardDeadlineMs: 60_000,
  checkpointIntervalMs: 10_000,
  shardsMax: 64,
  reshardCooldownMs: 60_000,
};

/** A network's genesis, checked: what every outcome depends on besides a shard's log. */
export interface Network {
  readonly genesis: Genesis;
  /** 32 bytes; names the network in every header. */
  readonly hash: Buffer;
  readonly allocation: Allocation;
  /** Shard tree of the genesis; at run time, in what follows the topic topology, all shards that there are and were. */
  readonly topology: Topology;
  /** Shard tree of the genesis: who had what of the allocation. */
  readonly genesisTopology: Topology;
  readonly consensus: ConsensusModule;
  readonly rules: TransactionRules;
  readonly totalStake: number;
}

/** Hash that names a network. */
export function genesisHash(genesis: Genesis): Buffer {
  return sha256(GENESIS_DOMAIN, codec("Genesis").encode(genesis));
}

/** Splits accounts (any order, ids distinct) into allocation parts. Throws RangeError on an id given twice or out of bounds. */
export function allocate(accounts: readonly GenesisAccount[]): GenesisAllocation[] {
  for (const { account, balance, nonce } of accounts) {
    if (!isAmount(balance) || !Number.isSafeInteger(nonce) || nonce < 0 || nonce > NONCE_MAX) {
      throw new RangeError(
        `account ${account.toString("hex")}: balance ${balance} or nonce ${nonce} is out of bounds`,
      );
    }
  }
  const sorted = [...accounts].sort((a, b) => Buffer.compare(a.account, b.account));
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i]!.account.equals(sorted[i - 1]!.account)) {
      throw new RangeError(`account ${sorted[i]!.account.toString("hex")} is allocated twice`);
    }
  }
  const parts: GenesisAllocation[] = [];
  for (let start = 0; start < sorted.length || parts.length === 0; start += ACCOUNTS_PER_PART) {
    parts.push({ part: parts.length, accounts: sorted.slice(start, start + ACCOUNTS_PER_PART) });
  }
  return parts;
}

/** Makes a genesis from everything but what follows from the allocation. */
export function makeGenesis(
  settings: Omit<Genesis, "allocationHash" | "allocationParts">,
  accounts: readonly GenesisAccount[],
): Network {
  const allocation = Allocation.of(allocate(accounts));
  return checkGenesis(
    { ...settings, allocationHash: allocation.hash, allocationParts: allocation.parts.length },
    allocation,
  );
}

/** Checks that the parts are the genesis's own and compiles the rest. Throws RangeError otherwise. */
export function checkGenesis(genesis: Genesis, allocation: Allocation): Network {
  if (
    allocation.parts.length !== genesis.allocationParts ||
    !allocation.hash.equals(genesis.allocationHash)
  ) {
    throw new RangeError("the allocation isn't the one that the genesis names");
  }
  const topology = new Topology(genesis.shards);
  if (!topology.has(MAIN_CHAIN)) throw new RangeError("there is no main chain");
  return {
    genesis,
    hash: genesisHash(genesis),
    allocation,
    topology,
    genesisTopology: topology,
    consensus: consensusModule(genesis.consensus, genesis.validators),
    rules: {
      chainId: genesis.chainId,
      transactionBytesMax: genesis.parameters.transactionBytesMax,
      allowUnprotected: genesis.parameters.allowUnprotected,
    },
    totalStake: genesis.validators.reduce((sum, validator) => sum + validator.stake, 0),
  };
}

/** State of a shard of the genesis before its first block, value by value: there may be more than fit into memory. */
export function* initialValues(
  { allocation, genesisTopology }: Network,
  shard: number,
): Generator<readonly [StateKey, StateValue]> {
  for (const { account, balance, nonce } of allocation.accountsOf(shard, genesisTopology))
    yield [accountKey(account), accountValue({ balance, nonce, escrowed: 0n })];
}

/** The same at once. */
export function initialState(network: Network, shard: number): ReadonlyMap<StateKey, StateValue> {
  return new Map(initialValues(network, shard));
}

/** Sum of the allocation: what balances, escrow and fees add up to for ever, in 10^-18 RUS. */
export function totalAllocated(network: Network): bigint {
  let total = 0n;
  for (const part of network.allocation) for (const account of part.accounts) total += account.balance;
  return total;
}
