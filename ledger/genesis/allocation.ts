import { codec } from "../../schemas/codec.js";
import type { GenesisAllocation } from "../../schemas/generated.js";
import { leafHash, merkleRoot } from "../merkle.js";
import type { Topology } from "../topology.js";

/** Accounts of another shard than any: they are nobody's. */
const NO_SHARD = -1;

/**
 * What a genesis gives its accounts, kept as Avro bytes and decoded part by part: a million decoded accounts would fill the
 * heap of every process, and each task needs them once, when its store is new.
 */
export class Allocation implements Iterable<GenesisAllocation> {
  /** Shard of each account in order, one after the other; worked out once for all tasks of a process. */
  private shards: Int32Array | undefined;

  /** @param parts Avro bytes of each GenesisAllocation, in order */
  constructor(readonly parts: readonly Buffer[]) {}

  static of(parts: Iterable<GenesisAllocation>): Allocation {
    return new Allocation(Array.from(parts, codec("GenesisAllocation").encode));
  }

  /** Merkle root of the parts. */
  get hash(): Buffer {
    return merkleRoot(this.parts.map(leafHash));
  }

  *[Symbol.iterator](): Generator<GenesisAllocation> {
    for (const bytes of this.parts) yield codec("GenesisAllocation").decode(bytes)!;
  }

  /** Accounts that live in a shard, in order. */
  *accountsOf(shard: number, topology: Topology): Generator<GenesisAllocation["accounts"][number]> {
    this.shards ??= this.placed(topology);
    let index = 0;
    for (const { accounts } of this)
      for (const account of accounts) if (this.shards[index++] === shard) yield account;
  }

  private placed(topology: Topology): Int32Array {
    const shards: number[] = [];
    for (const { accounts } of this)
      for (const { account } of accounts) shards.push(topology.shardOf(account) ?? NO_SHARD);
    return Int32Array.from(shards);
  }
}
