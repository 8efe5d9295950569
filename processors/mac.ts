import { constantTimeEquals, keyedHash } from "../ledger/crypto/hash.js";
import { codec } from "../schemas/codec.js";
import type { UserTransaction } from "../schemas/generated.js";

/** Secret that validate and execute share, 32 bytes. */
export type MacKey = Buffer;

const MAC_DOMAIN = Buffer.from("rustorium/validated/v1\0");

/** What validate vouches for: everything in the entry but the MAC. */
export type MacContent = Omit<UserTransaction, "mac">;

/** Keyed BLAKE2b-256 over a domain tag and the content. About 1 µs instead of the 42-76 µs of a signature check. */
export function macOf(content: MacContent, key: MacKey): Buffer {
  const head = Buffer.allocUnsafe(4 + 8 + 8);
  head.writeInt32BE(content.sourcePartition, 0);
  head.writeBigInt64BE(BigInt(content.sourceOffset), 4);
  head.writeBigInt64BE(BigInt(content.submittedAt), 12);
  return keyedHash(
    key,
    MAC_DOMAIN,
    head,
    content.sender,
    content.transactionId,
    codec("SignedTransaction").encode(content.transaction),
  );
}

/** Whether the MAC is validate's. */
export function macMatches(entry: UserTransaction, key: MacKey): boolean {
  return constantTimeEquals(entry.mac, macOf(entry, key));
}
