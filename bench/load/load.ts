import type { Topology } from "../../ledger/topology.js";
import { signEthereum, signTransfer } from "../../ledger/transaction/index.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { Random } from "../../simulator/kernel/random.js";
import type { LoadAccount } from "./accounts.js";
import { type Sampler, uniformSampler, zipfSampler } from "./sampler.js";

/** How often accounts send and get: all alike, or by Zipf's law with this exponent. */
export type Skew = "uniform" | { readonly zipf: number };

/** What a load is made of. */
export interface LoadOptions {
  readonly chainId: number;
  readonly accounts: readonly LoadAccount[];
  readonly skew: Skew;
  /** Share of the transfers that go to another shard, 0 to 1. */
  readonly crossShare: number;
  /** Whether accounts of a shard send. Left out: those of all do. */
  readonly sends?: (shard: number) => boolean;
  readonly seed: number;
}

/** A signed transfer as a producer publishes it. */
export interface LoadTransaction {
  /** The sender's account id. */
  readonly key: Buffer;
  /** Confluent wire format. */
  readonly value: Buffer;
}

/** One 10^-18 RUS is moved each time, so that no balance ever runs out. */
const AMOUNT = 1n;
const GAS_LIMIT = 21_000;
/** What one gas costs: fees are collected as in production. */
const GAS_PRICE = 1n;

/**
 * Signs transfers one after another; each sender's nonces are contiguous from 0 in the order made. The same options give
 * the same bytes.
 */
export class LoadGenerator {
  private readonly nonces: Uint32Array;
  private readonly random: Random;
  private readonly sampler: Sampler;
  /** Indexes of accounts by shard. */
  private readonly byShard: readonly (readonly number[])[];
  private readonly shardOf: readonly number[];
  private readonly indexOf: ReadonlyMap<Buffer, number>;
  private readonly encode = codec("SignedTransaction").encode;

  constructor(
    private readonly options: LoadOptions,
    topology: Pick<Topology, "shardOf" | "shards">,
    private readonly schemaId: number,
  ) {
    const { accounts, skew, seed } = options;
    this.random = new Random(seed);
    this.nonces = new Uint32Array(accounts.length);
    this.sampler =
      skew === "uniform"
        ? uniformSampler(accounts.length, this.random)
        : zipfSampler(accounts.length, skew.zipf, this.random);
    const shards = accounts.map(({ id }) => topology.shardOf(id));
    const byShard: number[][] = topology.shards.map(() => []);
    shards.forEach((shard, index) => {
      byShard[shard]!.push(index);
    });
    this.shardOf = shards;
    this.indexOf = new Map(accounts.map(({ id }, index) => [id, index]));
    this.byShard = byShard;
  }

  /** @param crossShare of this one, instead of the load's */
  next(crossShare = this.options.crossShare): LoadTransaction {
    const index = this.senderIndex();
    const sender = this.options.accounts[index]!;
    const recipient = this.options.accounts[this.recipientOf(index, crossShare)]!;
    const transaction = this.sign(sender, recipient.id, this.nonces[index]!++);
    return { key: sender.id, value: toWire(this.schemaId, this.encode(transaction)) };
  }

  /** Drawn again until it is of a shard that sends. */
  private senderIndex(): number {
    const { sends } = this.options;
    for (let attempt = 0; attempt < DRAWS_MAX; attempt++) {
      const index = this.sampler();
      if (!sends || sends(this.shardOf[index]!)) return index;
    }
    throw new RangeError("no account of a shard that sends was drawn");
  }

  /** What was made last and never sent: its nonces are free again. In any order. */
  takeBack(transactions: readonly LoadTransaction[]): void {
    for (const { key } of transactions) this.nonces[this.indexOf.get(key)!]!--;
  }

  /** Drawn again until it lives where the share of transfers to other shards wants it, and isn't the sender. */
  private recipientOf(sender: number, crossShare: number): number {
    const isCross = this.random.chance(crossShare) && this.hasOtherShards(sender);
    for (let attempt = 0; attempt < DRAWS_MAX; attempt++) {
      const index = this.sampler();
      if (index !== sender && (this.shardOf[index] !== this.shardOf[sender]) === isCross) return index;
    }
    const own = this.byShard[this.shardOf[sender]!]!;
    return own[this.random.below(own.length)]!;
  }

  private hasOtherShards(sender: number): boolean {
    return this.byShard.some((accounts, shard) => shard !== this.shardOf[sender] && accounts.length > 0);
  }

  private sign(sender: LoadAccount, recipient: Buffer, nonce: number): SignedTransaction {
    const { chainId } = this.options;
    if (sender.scheme === "ed25519") {
      const fields = { chainId, recipient, amount: AMOUNT, nonce, gasLimit: GAS_LIMIT, gasPrice: GAS_PRICE };
      return signTransfer(fields, sender.keyPair);
    }
    return signEthereum(
      {
        type: "feeMarket",
        chainId,
        recipient,
        amount: AMOUNT,
        nonce,
        gasLimit: GAS_LIMIT,
        feeMax: GAS_PRICE,
        priorityFeeMax: GAS_PRICE,
      },
      sender.privateKey,
    );
  }
}

/** Draws of a recipient before any account of the sender's shard will do. */
const DRAWS_MAX = 1_000;
