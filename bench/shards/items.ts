import type { Random } from "../../simulator/kernel/random.js";

/** Transactions of one batch. */
export interface Transactions {
  readonly kind: "transactions";
  local: number;
  crossing: number;
}

/** All messages of one block to one shard. */
export interface Bundle {
  readonly kind: "bundle";
  readonly leg: "prepare" | "forward" | "credited";
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Messages by the shard at the other end: of prepare the recipients', of forward the senders'. */
  readonly byShard: readonly number[];
}

/** A closed block. */
export interface Block {
  readonly shard: number;
  readonly height: number;
  readonly transactions: number;
  readonly entries: number;
  /** Transfers that ended with it. */
  readonly ended: number;
  readonly bundles: readonly Bundle[];
}

export type Item =
  | Transactions
  | Bundle
  | { readonly kind: "checkpoint" }
  | { readonly kind: "cut"; readonly height: number }
  | { readonly kind: "vote"; readonly block: Block }
  | { readonly kind: "certificate"; readonly block: Block };

/** Takes so many transactions out, of both kinds in proportion. */
export function takeOut(from: Transactions, count: number): Transactions {
  const local = Math.min(from.local, Math.round((from.local * count) / (from.local + from.crossing)));
  const crossing = Math.min(from.crossing, count - local);
  from.local -= local;
  from.crossing -= crossing;
  return { kind: "transactions", local, crossing };
}

/** Shares a whole number out as evenly as whole numbers go; what is left over goes to any. */
export function spread(count: number, places: readonly number[], length: number, random: Random): number[] {
  const shares = new Array<number>(length).fill(0);
  if (places.length === 0) return shares;
  const each = Math.floor(count / places.length);
  if (each > 0) for (const place of places) shares[place] = each;
  const start = random.below(places.length);
  for (let rest = count - each * places.length; rest > 0; rest--)
    shares[places[(start + rest) % places.length]!]! += 1;
  return shares;
}
