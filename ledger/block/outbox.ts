import { codec } from "../../schemas/codec.js";
import type { CrossShardMessage } from "../../schemas/generated.js";
import { sha256 } from "../crypto/hash.js";
import { leafHash, merkleProof, merkleRoot } from "../merkle.js";

const BUNDLE_DOMAIN = Buffer.from("rustorium/bundle/v1\0");

/** All messages of one block to one shard. */
export interface Bundle {
  readonly destination: number;
  readonly channelSequence: number;
  readonly messages: CrossShardMessage[];
}

/** A bundle with its place in the block's messagesRoot. */
export interface ProvedBundle extends Bundle {
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly proof: Buffer[];
}

/** Leaf of messagesRoot. Source, genesis and height are in the header that the root is part of. */
export function bundleLeaf(bundle: Bundle): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(bundle.destination, 0);
  head.writeBigUInt64BE(BigInt(bundle.channelSequence), 4);
  const encode = codec("CrossShardMessage").encode;
  return leafHash(sha256(BUNDLE_DOMAIN, head, ...bundle.messages.map(encode)));
}

/** Root over the bundles (by ascending destination) and each with its audit path. */
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
