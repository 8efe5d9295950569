import { createPublicKey, type KeyObject, verify as verifyWithOpenSsl } from "node:crypto";
import { leafOf, rootOf } from "./merkle.js";
import type { Genesis, GenesisAllocation, GenesisValidator } from "./records.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";
import { type HashPair, poseidonOfVerifier } from "./state-root.js";
import type { ShardPlace } from "./topology-records.js";

/** Number of the main chain. */
export const MAIN_CHAIN = 0;
/** No amount, fee or balance reaches this, in 10^-18 RUS. */
export const AMOUNT_LIMIT = 10n ** 38n;

/** Bits of the longest prefix of a shard. */
export const PREFIX_BITS_MAX = 16;

const GENESIS_DOMAIN = Buffer.from("rustorium/genesis/v1\0");
const ZERO_ACCOUNT = Buffer.alloc(20);

/** Byte of a state key after the placement. */
const KIND = {
  account: "\x00",
  escrow: "\x01",
  shard: "\x02",
  height: "\x03",
  shardRoot: "\x04",
  globalRoot: "\x05",
  topology: "\x06",
} as const;

export type Verify = (publicKey: Buffer, message: Buffer, signature: Buffer) => boolean;

/** Where an account lives. */
export interface Home {
  /** The first bits of its placement, as text: as many as a prefix can have. */
  readonly bits: string;
  /** 32 bytes as latin1. */
  readonly placement: string;
  /** State key as latin1: sorts like the bytes. */
  readonly key: string;
}

/** What all shards' chains have in common, from the genesis. Throws RangeError where genesis and allocation don't fit. */
export class ModelNetwork {
  readonly genesis: Genesis;
  readonly hash: Buffer;
  readonly allocation: readonly GenesisAllocation[];
  readonly validators: ReadonlyMap<number, GenesisValidator>;
  readonly totalStake: number;
  /** What balances, fees and what is in flight add up to for ever, in 10^-18 RUS. */
  readonly totalValue: bigint;
  private readonly homes = new Map<string, Home>();
  /** Shards of the genesis, the main chain among them. */
  readonly places: readonly ShardPlace[];

  constructor(
    genesis: Buffer,
    allocation: readonly Buffer[],
    /** Of state trees. */
    readonly hashPair: HashPair = poseidonOfVerifier,
  ) {
    const decoded = avro.Genesis.decode(genesis);
    const parts = allocation.map((part) => avro.GenesisAllocation.decode(part));
    if (!decoded || parts.some((part) => !part))
      throw new RangeError("genesis or allocation is not canonical");
    if (!rootOf(allocation.map(leafOf)).equals(decoded.allocationHash)) {
      throw new RangeError("the allocation is not the genesis's");
    }
    this.genesis = decoded;
    this.allocation = parts as GenesisAllocation[];
    this.hash = sha256(GENESIS_DOMAIN, genesis);
    this.places = decoded.shards.map((shard) => ({ ...shard, epoch: 0, parents: [] }));
    this.validators = new Map(decoded.validators.map((validator) => [validator.validator, validator]));
    this.totalStake = decoded.validators.reduce((sum, { stake }) => sum + stake, 0);
    this.totalValue = this.allocation
      .flatMap(({ accounts }) => accounts)
      .reduce((sum, { balance }) => sum + balance, 0n);
  }

  /** The home of an account (20 bytes). */
  homeOf(account: Buffer): Home {
    const name = account.toString("latin1");
    const known = this.homes.get(name);
    if (known) return known;
    const placement = sha256(account);
    const text = placement.toString("latin1");
    const home = { bits: bitsOf(text), placement: text, key: text + KIND.account + name };
    this.homes.set(name, home);
    return home;
  }

  /** State key of the escrow of a transfer. */
  escrowKey(sender: Buffer, transactionId: Buffer): string {
    return this.homeOf(sender).placement + KIND.escrow + transactionId.toString("latin1");
  }

  /** State keys that belong to the shard itself. */
  ownKeys(prefix: string): { fees: string; record: string; height: string } {
    const placement = firstPlacement(prefix);
    return {
      fees: placement + KIND.account + ZERO_ACCOUNT.toString("latin1"),
      record: placement + KIND.shard,
      height: placement + KIND.height,
    };
  }

  /** State key, on the main chain, of what it knows of a shard's state. */
  shardRootKey({ shard, prefix }: ShardPlace): string {
    const number = Buffer.alloc(4);
    number.writeInt32BE(shard);
    return firstPlacement(prefix) + KIND.shardRoot + number.toString("latin1");
  }

  /** State key, on the main chain, of the global root. */
  get globalRootKey(): string {
    return firstPlacement("") + KIND.globalRoot;
  }

  /** State key, on the main chain, of the shard tree. */
  get topologyKey(): string {
    return firstPlacement("") + KIND.topology;
  }

  /** Whether this much signed stake, in whole RUS, certifies a block. */
  isQuorum(stake: number): boolean {
    if (this.genesis.consensus === "solo") return stake >= this.totalStake;
    return 3n * BigInt(stake) > 2n * BigInt(this.totalStake);
  }
}

/** Bits that a placement, or a state key, begins with (latin1), as text. */
export function bitsOf(key: string): string {
  return (key.charCodeAt(0) * 256 + key.charCodeAt(1)).toString(2).padStart(PREFIX_BITS_MAX, "0");
}

/** The prefix's bits, then zeros: 32 bytes as latin1. */
function firstPlacement(prefix: string): string {
  const bits = prefix.padEnd(256, "0");
  let placement = "";
  for (let at = 0; at < 256; at += 8)
    placement += String.fromCharCode(Number.parseInt(bits.slice(at, at + 8), 2));
  return placement;
}

/** DER in front of a raw Ed25519 key (RFC 8410). */
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** Making a key takes longer than looking at a signature with it. */
const keys = new Map<string, KeyObject>();

function keyOf(publicKey: Buffer): KeyObject {
  const name = publicKey.toString("latin1");
  let key = keys.get(name);
  if (!key) {
    key = createPublicKey({ key: Buffer.concat([ED25519_SPKI, publicKey]), format: "der", type: "spki" });
    keys.set(name, key);
  }
  return key;
}

/** Ed25519 by OpenSSL; the ledger's is libsodium's. They differ only on signatures that no honest signer makes. */
export const verifyEd25519: Verify = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return verifyWithOpenSsl(null, message, keyOf(publicKey), signature);
};
