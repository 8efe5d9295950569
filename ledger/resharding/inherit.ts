import { codec } from "../../schemas/codec.js";
import type { Mark, ReceivedBundles, ShardPlace } from "../../schemas/generated.js";
import { newChannels } from "../block/channels.js";
import type { ChainPosition } from "../block/position.js";
import { sha256 } from "../crypto/hash.js";
import type { OwnRecord } from "../state/state.js";
import { commonPart } from "./prefix.js";

const BEGIN_DOMAIN = Buffer.from("rustorium/begin/v1\0");

/** A shard that has ended, as those after it take over from it. */
export interface EndedShard {
  readonly prefix: string;
  /** Its own record after its last block. */
  readonly record: OwnRecord;
  /** After its last block. */
  readonly position: ChainPosition;
}

/**
 * The own record that a shard begins with: up to where its parents' transactions and bundles were taken in, each for the
 * accounts that it has from that parent.
 * @param parents in the order of the place's parents
 */
export function inheritedRecord(place: ShardPlace, parents: readonly EndedShard[]): OwnRecord {
  const marks: Mark[] = [];
  const received: ReceivedBundles[] = [];
  for (const { prefix: whole, record } of parents) {
    const partOf = (prefix: string) => {
      const ofParent = commonPart(prefix, whole);
      return ofParent === undefined ? undefined : commonPart(ofParent, place.prefix);
    };
    for (const mark of record.marks) {
      const prefix = partOf(mark.prefix);
      if (prefix !== undefined) marks.push({ ...mark, prefix: prefix === place.prefix ? "" : prefix });
    }
    for (const channel of record.received) {
      const prefix = partOf(channel.prefix);
      if (prefix !== undefined) received.push({ ...channel, prefix });
    }
  }
  return {
    marks,
    sent: [],
    received: [...received, ...newChannels(place.shard, place.prefix)],
    change: null,
    markers: [],
    checkpoints: [],
  };
}

/**
 * Position before the first block of a shard that began with a change. What stands for the block before is a digest of its
 * number and of its parents' last blocks, so its first header names them.
 */
export function startAfter(
  { shard, path, prefix, partition, epoch, parents: numbers }: ShardPlace,
  parents: readonly Pick<EndedShard, "position">[],
): ChainPosition {
  const place = { shard, path, prefix, partition, epoch, parents: numbers };
  const bytes = codec("ShardPlace").encode(place);
  const digest = sha256(BEGIN_DOMAIN, bytes, ...parents.map(({ position }) => position.digest));
  const time = Math.max(...parents.map(({ position }) => position.time));
  return { height: 0, digest, sequence: 0, time, nextOffset: 0 };
}
