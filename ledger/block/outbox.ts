import { codec } from "../../schemas/codec.js";
import type { CrossShardMessage, Priority, TopologyChange } from "../../schemas/generated.js";
import { sha256 } from "../crypto/hash.js";
import { leafHash, merkleProof, merkleRoot } from "../merkle.js";
import { PRIORITIES } from "./channels.js";

const BUNDLE_DOMAIN = Buffer.from("rustorium/bundle/v1\0");

/** All messages of one priority of one block to one shard. */
export interface Bundle {
  readonly destination: number;
  readonly priority: Priority;
  readonly channelSequence: number;
  readonly messages: CrossShardMessage[];
  /** The change that ends the receiver, where it does. */
  readonly change: TopologyChange | null;
  readonly isLast: boolean;
}

/** A bundle with its place in the block's messagesRoot. */
export interface ProvedBundle extends Bundle {
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly proof: Buffer[];
}

/** Leaf of messagesRoot. Source, genesis and height are in the header that the root is part of. */
export function bundleLeaf({
  destination,
  priority,
  channelSequence,
  messages,
  change,
  isLast,
}: Bundle): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt32BE(destination, 0);
  head.writeBigUInt64BE(BigInt(channelSequence), 4);
  head.writeUInt8(PRIORITIES.indexOf(priority), 12);
  // Whether it is the last, and whether a change stands in front of the messages.
  head.writeUInt8((isLast ? 1 : 0) | (change ? 2 : 0), 13);
  const changeBytes = change ? [codec("TopologyChange").encode(change)] : [];
  const encode = codec("CrossShardMessage").encode;
  return leafHash(sha256(BUNDLE_DOMAIN, head, ...changeBytes, ...messages.map(encode)));
}

/** Root over the bundles (by ascending destination and priority) and each with its audit path. */
export function proveBundles(bundles: readonly Bundle[]): { root: Buffer; proved: ProvedBundle[] } {
  const leaves = bundles.map(bundleLeaf);
  return {
    root: merkleRoot(leaves),
    proved: bundles.map((bundle, index) => ({
      ...bundle,
      leafIndex: index,
      leafCount: leaves.length,
      proof: merkleProof(leaves, index),
    })),
  };
}
