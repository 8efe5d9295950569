import type { Reader } from "./avro.js";
import type { Header } from "./records.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";

const BLOCK_DOMAIN = Buffer.from("rustorium/block/v1\0");
const HASH_BYTES = 32;

/** A header with its Avro bytes and its digest. */
export interface SealedHeader {
  readonly header: Header;
  readonly headerBytes: Buffer;
  readonly digest: Buffer;
}

export function seal(header: Header): SealedHeader {
  const headerBytes = avro.BlockHeader.encode(header);
  return { header, headerBytes, digest: sha256(BLOCK_DOMAIN, headerBytes) };
}

/** The header of a height of a shard that the log gave, if it did already. */
export type KnownHeader = (shard: number, height: number) => SealedHeader | undefined;

/**
 * Reads a header. Most are those that the log gave too: then they are neither decoded nor hashed again, and the digest is
 * the same buffer. Throws NOT_CANONICAL.
 */
export function readHeader(reader: Reader, known: KnownHeader): SealedHeader {
  const from = reader.at;
  reader.take(HASH_BYTES);
  const found = known(reader.long(), reader.long());
  if (
    found &&
    reader.bytes.compare(found.headerBytes, 0, undefined, from, from + found.headerBytes.length) === 0
  ) {
    reader.at = from + found.headerBytes.length;
    return found;
  }
  reader.at = from;
  const header = avro.BlockHeader.read(reader);
  const headerBytes = reader.bytes.subarray(from, reader.at);
  return { header, headerBytes, digest: sha256(BLOCK_DOMAIN, headerBytes) };
}
