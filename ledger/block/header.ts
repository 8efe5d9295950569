import { codec } from "../../schemas/codec.js";
import type { BlockHeader } from "../../schemas/generated.js";
import { sha256 } from "../crypto/hash.js";

const BLOCK_DOMAIN = Buffer.from("rustorium/block/v1\0");
const VOTE_DOMAIN = Buffer.from("rustorium/vote/v1\0");

/** Digest that validators sign: SHA-256 over a domain tag and the header's Avro bytes. It covers genesis, shard and height. */
export function digestOf(header: BlockHeader): Buffer {
  return sha256(BLOCK_DOMAIN, codec("BlockHeader").encode(header));
}

/** Message of a vote's Ed25519 signature. */
export function voteMessage(digest: Buffer): Buffer {
  return Buffer.concat([VOTE_DOMAIN, digest]);
}
