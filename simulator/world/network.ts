import { accountIdOfEd25519, accountIdOfSecp256k1 } from "../../ledger/address.js";
import { type KeyPair, keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { publicKeyFromPrivate } from "../../ledger/crypto/secp256k1.js";
import { DEFAULT_PARAMETERS, makeGenesis, type Network } from "../../ledger/genesis/genesis.js";
import { initialShards, Topology } from "../../ledger/topology.js";
import {
  type EthereumFields,
  signEthereum,
  signTransfer,
  type TransferFields,
} from "../../ledger/transaction/index.js";
import type { GenesisParameters, SignedTransaction } from "../../schemas/generated.js";

export const CHAIN_ID = 7_001;
/** When the test network was made, in milliseconds since 1970. */
export const START_MS = 1_700_000_000_000;
export const MAC_KEY = sha256(Buffer.from("mac key of the tests"));
export const SOURCE_PARTITIONS = 4;
export const ONE = 10n ** 18n;
/** What each wallet has at genesis unless a test says otherwise. */
export const INITIAL_BALANCE = 1_000n * ONE;
const WALLETS_PER_SHARD = 4;

/** Someone with a key. `nonce` is the next one it will use by default. */
export class Wallet {
  nonce = 0;
  constructor(
    readonly scheme: "ED25519" | "ETHEREUM",
    private readonly secret: Buffer,
    readonly account: Buffer,
    readonly shard: number,
  ) {}

  get keyPair(): KeyPair {
    if (this.scheme !== "ED25519") throw new Error("an Ethereum wallet has no Ed25519 key");
    return keyPairFromSeed(this.secret);
  }

  get privateKey(): Buffer {
    return this.secret;
  }

  /** Signs a transfer with the next nonce, or the given one. */
  pay(
    to: Wallet | Buffer,
    amount: bigint,
    change: Partial<TransferFields> & { gasPrice?: bigint } = {},
  ): SignedTransaction {
    const recipient = Buffer.isBuffer(to) ? to : to.account;
    const nonce = change.nonce ?? this.nonce++;
    if (this.scheme === "ED25519") {
      return signTransfer({ chainId: CHAIN_ID, recipient, amount, ...change, nonce }, this.keyPair);
    }
    return this.ethereum({ recipient, amount, nonce, gasPrice: change.gasPrice ?? 0n });
  }

  /** Signs a legacy Ethereum transaction (EIP-155). */
  ethereum(
    fields: { recipient: Buffer; amount: bigint; nonce: number; gasPrice: bigint },
    change: Partial<EthereumFields> = {},
  ): SignedTransaction {
    const all = { type: "legacy", chainId: CHAIN_ID, gasLimit: 21_000, ...fields, ...change };
    return signEthereum(all as EthereumFields, this.secret);
  }
}

function makeWallet(scheme: Wallet["scheme"], index: number, topology: Topology): Wallet {
  const secret = sha256(Buffer.from(`${scheme} wallet ${index}`));
  const account =
    scheme === "ED25519"
      ? accountIdOfEd25519(keyPairFromSeed(secret).publicKey)
      : accountIdOfSecp256k1(publicKeyFromPrivate(secret));
  return new Wallet(scheme, secret, account, topology.shardOf(account));
}

export interface TestNetworkOptions {
  readonly parameters?: Partial<GenesisParameters>;
  readonly consensus?: "hybrid-pos" | "solo";
  readonly stakes?: readonly number[];
  readonly shards?: 1 | 2 | 4;
  /** Balance of a wallet at genesis; INITIAL_BALANCE where undefined. */
  readonly balanceOf?: (wallet: Wallet, index: number) => bigint | undefined;
}

export interface TestNetwork {
  readonly network: Network;
  /** Key of validator n at n - 1. */
  readonly validatorKeys: readonly KeyPair[];
  readonly wallets: readonly Wallet[];
  /** Wallet number `index` (from 0) of a shard; every other one is an Ethereum wallet. */
  wallet(shard: number, index?: number): Wallet;
}

/** The key of a validator of any test network. */
export function validatorKey(validator: number): KeyPair {
  return keyPairFromSeed(sha256(Buffer.from(`validator ${validator}`)));
}

/** Keys that sign for the shard tree of any test network. */
export const OPERATOR_KEY = keyNamed("operator");
export const ASSIGNER_KEY = keyNamed("assigner");

/** Made when it is used: whether signatures are real is decided after this module is loaded. */
function keyNamed(name: string): KeyPair {
  const pair = () => keyPairFromSeed(sha256(Buffer.from(name)));
  return {
    get publicKey() {
      return pair().publicKey;
    },
    get secretKey() {
      return pair().secretKey;
    },
  };
}

/** A network with wallets in each shard. Always the same for the same options. */
export function makeTestNetwork(options: TestNetworkOptions = {}): TestNetwork {
  const shards = initialShards(options.shards ?? 4);
  const topology = new Topology(shards);
  const byShard = new Map<number, Wallet[]>();
  for (const { shard } of shards.slice(1)) byShard.set(shard, []);
  const isFull = () => [...byShard.values()].every((list) => list.length === WALLETS_PER_SHARD);
  for (let index = 0; !isFull(); index++) {
    const wallet = makeWallet("ED25519", index, topology);
    const list = byShard.get(wallet.shard)!;
    if (list.length === WALLETS_PER_SHARD) continue;
    if (list.length % 2 === 0) list.push(wallet);
    else
      for (let other = 1_000 * index; list.length % 2 === 1; other++) {
        const ethereum = makeWallet("ETHEREUM", other, topology);
        if (ethereum.shard === wallet.shard) list.push(ethereum);
      }
  }
  const wallets = [...byShard.values()].flat();
  const stakes = options.stakes ?? (options.consensus === "solo" ? [1_000] : [1_000, 1_000, 1_000, 1_000]);
  const validatorKeys = stakes.map((_, index) => validatorKey(index + 1));
  const network = makeGenesis(
    {
      network: "test",
      chainId: CHAIN_ID,
      consensus: options.consensus ?? "hybrid-pos",
      createdAt: START_MS,
      sourcePartitions: SOURCE_PARTITIONS,
      parameters: { ...DEFAULT_PARAMETERS, ...options.parameters },
      shards,
      operatorKey: OPERATOR_KEY.publicKey,
      assignerKey: ASSIGNER_KEY.publicKey,
      validators: stakes.map((stake, index) => ({
        validator: index + 1,
        name: `validator-${index + 1}`,
        publicKey: validatorKeys[index]!.publicKey,
        stake,
      })),
    },
    wallets.map((wallet, index) => ({
      account: wallet.account,
      balance: options.balanceOf?.(wallet, index) ?? INITIAL_BALANCE,
      nonce: 0,
    })),
  );
  return {
    network,
    validatorKeys,
    wallets,
    wallet: (shard, index = 0) => {
      const found = byShard.get(shard)?.[index];
      if (!found) throw new RangeError(`no wallet ${index} in shard ${shard}`);
      return found;
    },
  };
}
