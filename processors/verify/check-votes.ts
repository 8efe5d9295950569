import { digestOf } from "../../ledger/block/header.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { Vote } from "../../schemas/generated.js";
import type { InputRecord } from "../stage.js";
import type { Difference } from "./difference.js";
import type { Check } from "./follower.js";
import type { OwnBlocks } from "./own-blocks.js";

/**
 * shard.votes: no validator signed two digests for one height. At most one of two is ours, so a bit says that a validator
 * signed ours, and only what others there are is kept. What bears no right signature nobody signed.
 */
export class VoteCheck implements Check<Vote> {
  /** Of each validator, a bit a height: whether it signed our digest. */
  private readonly signed = new Map<number, Uint8Array>();
  /** Other digests that were signed, by validator and height. */
  private readonly others = new Map<string, Buffer>();

  constructor(
    private readonly network: Network,
    private readonly own: OwnBlocks,
  ) {}

  heightOf(vote: Vote): number {
    return vote.header.height;
  }

  take(vote: Vote | undefined, { offset }: InputRecord): Difference | undefined {
    if (!vote) return undefined;
    const { own, network } = this;
    const { height, shard, genesis } = vote.header;
    if (shard !== own.shard || height < 1 || !genesis.equals(network.hash)) return undefined;
    const validator = network.consensus.validators.get(vote.validator);
    const digest = digestOf(vote.header);
    if (!validator || !network.consensus.verifyVote(validator, digest, vote.signature)) return undefined;
    const name = `${vote.validator}@${height}`;
    const other = this.others.get(name);
    let isTwice: boolean;
    if (own.has(height, digest)) {
      this.sign(vote.validator, height);
      isTwice = other !== undefined;
    } else {
      isTwice = this.hasSigned(vote.validator, height) || (other !== undefined && !other.equals(digest));
      this.others.set(name, digest);
    }
    const message = `shard.votes: validator ${vote.validator} signed two digests`;
    return isTwice ? { code: "EQUIVOCATION", shard: own.shard, height, offset, message } : undefined;
  }

  blockDone(): undefined {}

  finish(): undefined {}

  private sign(validator: number, height: number): void {
    const byte = height >> 3;
    let bits = this.signed.get(validator) ?? new Uint8Array(64);
    if (byte >= bits.length) {
      const longer = new Uint8Array(2 * Math.max(bits.length, byte));
      longer.set(bits);
      bits = longer;
    }
    bits[byte]! |= 1 << (height & 7);
    this.signed.set(validator, bits);
  }

  private hasSigned(validator: number, height: number): boolean {
    const byte = this.signed.get(validator)?.[height >> 3] ?? 0;
    return (byte & (1 << (height & 7))) !== 0;
  }
}
