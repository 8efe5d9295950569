import { type Channels, PRIORITIES } from "./channels.js";
import type { Parcel } from "./draft.js";
import { leafOf, pathOf, rootOf } from "./merkle.js";
import type { Message } from "./records.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";
import type { Priority, TopologyChange } from "./topology-records.js";

const BUNDLE_DOMAIN = Buffer.from("rustorium/bundle/v1\0");

/** Bits of the byte that says what a bundle has besides messages. */
const IS_LAST = 1;
const HAS_CHANGE = 2;

interface Content {
  readonly destination: number;
  readonly priority: Priority;
  readonly channelSequence: number;
  /** Avro bytes. */
  readonly messages: readonly Buffer[];
  readonly change: TopologyChange | null;
  readonly isLast: boolean;
}

/** A bundle with its place in the block. */
export interface Outgoing extends Content {
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly proof: readonly Buffer[];
}

export function encodeMessage(message: Message): Buffer {
  return avro.CrossShardMessage.encode(message);
}

export function leafOfBundle(bundle: Content): Buffer {
  const { destination, channelSequence, priority, change, isLast, messages } = bundle;
  const head = Buffer.alloc(14);
  head.writeInt32BE(destination);
  head.writeBigInt64BE(BigInt(channelSequence), 4);
  head[12] = PRIORITIES.indexOf(priority);
  head[13] = (isLast ? IS_LAST : 0) + (change ? HAS_CHANGE : 0);
  const told = change ? [avro.TopologyChange.encode(change)] : [];
  return leafOf(sha256(BUNDLE_DOMAIN, head, ...told, ...messages));
}

/** Numbers and proves what a block sends, given by ascending shard and priority; closes channels after their last. */
export function pack(parcels: readonly Parcel[], channels: Channels): { root: Buffer; list: Outgoing[] } {
  const contents = parcels.map(
    ({ shard, priority, messages, change, isLast }): Content => ({
      destination: shard,
      priority,
      channelSequence: channels.number({ shard, priority }),
      messages: messages.map(encodeMessage),
      change,
      isLast,
    }),
  );
  const leaves = contents.map(leafOfBundle);
  for (const { destination, isLast } of contents) if (isLast) channels.close(destination);
  const list = contents.map((content, leafIndex) => ({
    ...content,
    leafIndex,
    leafCount: leaves.length,
    proof: pathOf(leaves, leafIndex),
  }));
  return { root: rootOf(leaves), list };
}
