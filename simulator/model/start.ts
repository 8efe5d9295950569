import { freshChannels } from "./channels.js";
import type { ShardValues } from "./draft.js";
import { bitsOf, MAIN_CHAIN, type ModelNetwork } from "./network.js";
import type { Header } from "./records.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";
import type { ReceivedBundles, ShardPlace, SourceMark } from "./topology-records.js";

const BEGIN_DOMAIN = Buffer.from("rustorium/begin/v1\0");

/** What a chain begins with. */
export interface Start {
  readonly values: ShardValues;
  readonly marks: readonly SourceMark[];
  readonly received: readonly ReceivedBundles[];
  /** In place of the digest of a block before the first. */
  readonly digest: Buffer;
  /** Chain time, in milliseconds since 1970. */
  readonly time: number;
  /** Last blocks of its parents. */
  readonly after: readonly Header[];
}

/** A chain after its last block. */
export interface Ended extends Omit<Start, "after"> {
  readonly place: ShardPlace;
  readonly last: Header;
}

/** A shard of the genesis. */
export function startOfGenesis(network: ModelNetwork, { shard, prefix }: ShardPlace): Start {
  const values: ShardValues = new Map();
  const others = network.places.filter((place) => place.shard !== MAIN_CHAIN);
  if (shard !== MAIN_CHAIN) {
    for (const { accounts } of network.allocation) {
      for (const { account, balance, nonce } of accounts) {
        const { bits, key } = network.homeOf(account);
        if (bits.startsWith(prefix))
          values.set(key, { is: "AccountState", value: { balance, nonce, escrowed: 0n } });
      }
    }
  }
  const received =
    shard === MAIN_CHAIN
      ? others.flatMap((other) => freshChannels(other.shard, ""))
      : freshChannels(shard, prefix);
  return { values, marks: [], received, digest: network.hash, time: 0, after: [] };
}

/** A shard that a change began: its parents' states under its prefix, and where they stopped reading. */
export function startOfChange(place: ShardPlace, parents: readonly Ended[]): Start {
  const values: ShardValues = new Map();
  for (const parent of parents) {
    for (const [key, value] of parent.values)
      if (bitsOf(key).startsWith(place.prefix)) values.set(key, value);
  }
  const digests = parents.map(({ digest }) => digest);
  return {
    values,
    marks: parents.flatMap((parent) =>
      share(parent.marks, parent.place, place).map((mark) =>
        mark.prefix === place.prefix ? { ...mark, prefix: "" } : mark,
      ),
    ),
    received: [
      ...parents.flatMap((parent) => share(parent.received, parent.place, place)),
      ...freshChannels(place.shard, place.prefix),
    ],
    digest: sha256(BEGIN_DOMAIN, avro.ShardPlace.encode(place), ...digests),
    time: Math.max(...parents.map(({ time }) => time)),
    after: parents.map(({ last }) => last),
  };
}

/** What a parent passes on of its marks or channels: each for those accounts that go from it to the shard after it. */
function share<T extends { readonly prefix: string }>(
  items: readonly T[],
  from: ShardPlace,
  to: ShardPlace,
): T[] {
  return items.flatMap((item) => {
    const [shortest, middle, longest] = [item.prefix, from.prefix, to.prefix].sort(
      (left, right) => left.length - right.length,
    ) as [string, string, string];
    const isNested = longest.startsWith(middle) && longest.startsWith(shortest);
    return isNested ? [{ ...item, prefix: longest }] : [];
  });
}
