import { keccak256, sha256 } from "./crypto/hash.js";

/** Length of an account id, in bytes. */
export const ACCOUNT_ID_BYTES = 20;
const CHECKSUM_BYTES = 2;
/** Longest shard path in an address, in characters; a path has a number for each split. */
export const SHARD_PATH_CHARACTERS_MAX = 128;

const ED25519_DOMAIN = Buffer.from("rustorium/account/ed25519/v1\0");
const CHECKSUM_DOMAIN = Buffer.from("rustorium/address/v1\0");

/** The account of an Ed25519 public key (32 bytes). */
export function accountIdOfEd25519(publicKey: Uint8Array): Buffer {
  return sha256(ED25519_DOMAIN, publicKey).subarray(0, ACCOUNT_ID_BYTES);
}

/**
 * The account of a secp256k1 public key: its Ethereum address.
 *
 * @param publicKey the two coordinates (64 bytes), or 4 and the two coordinates (65 bytes).
 * @throws RangeError when it has another length or form.
 */
export function accountIdOfSecp256k1(publicKey: Uint8Array): Buffer {
  const coordinates = publicKey.length === 65 && publicKey[0] === 4 ? publicKey.subarray(1) : publicKey;
  if (coordinates.length !== 64) throw new RangeError("not an uncompressed secp256k1 public key");
  return keccak256(coordinates).subarray(12);
}

/** The account's place in the state tree, 32 bytes; the shard whose prefix it begins with owns the account. */
export function placementOf(accountId: Buffer): Buffer {
  return sha256(accountId);
}

/**
 * Writes an address: `sh<path>-<account id>-<checksum>`, both in lower-case hex.
 *
 * @param path the shard that the account was in, e.g. `1.2`; only a hint.
 * @throws RangeError when the path or the length of the account id is wrong.
 */
export function formatAddress(path: string, accountId: Uint8Array): string {
  if (!isShardPath(path)) throw new RangeError(`not a shard path: ${JSON.stringify(path.slice(0, 40))}`);
  if (accountId.length !== ACCOUNT_ID_BYTES)
    throw new RangeError(`an account id has ${ACCOUNT_ID_BYTES} bytes`);
  const text = `sh${path}-${hexOf(accountId)}`;
  return `${text}-${checksumOf(text)}`;
}

/** FORM: no address at all; CHECKSUM: mistyped. `path` is undefined where the text was a bare account id. */
export type ParsedAddress =
  | { ok: true; accountId: Buffer; path: string | undefined }
  | { ok: false; reason: "FORM" | "CHECKSUM" };

const ADDRESS_TEXT = /^sh([0-9.]{1,128})-([0-9a-f]{40})-([0-9a-f]{4})$/;
const BARE_TEXT = /^0x([0-9a-fA-F]{40})$/;

/**
 * Reads an address, or a bare account id: `0x` and 40 hex digits. Of a bare one in mixed case the upper case is a
 * checksum (EIP-55) and must be right.
 */
export function parseAddress(text: string): ParsedAddress {
  const bare = BARE_TEXT.exec(text)?.[1];
  if (bare !== undefined) return parseBare(bare);
  const [, path, hex, checksum] = ADDRESS_TEXT.exec(text) ?? [];
  if (path === undefined || hex === undefined || !isShardPath(path)) return { ok: false, reason: "FORM" };
  if (checksumOf(`sh${path}-${hex}`) !== checksum) return { ok: false, reason: "CHECKSUM" };
  return { ok: true, accountId: Buffer.from(hex, "hex"), path };
}

function parseBare(hex: string): ParsedAddress {
  const lower = hex.toLowerCase();
  if (hex !== lower && hex !== hex.toUpperCase() && hex !== mixedCase(lower))
    return { ok: false, reason: "CHECKSUM" };
  return { ok: true, accountId: Buffer.from(lower, "hex"), path: undefined };
}

/** EIP-55: a letter is upper-case where the same digit of the Keccak-256 of the text is 8 or more. */
function mixedCase(lower: string): string {
  const hash = hexOf(keccak256(Buffer.from(lower)));
  return lower.replace(/[a-f]/g, (letter, index: number) =>
    hash.charCodeAt(index) >= "8".charCodeAt(0) ? letter.toUpperCase() : letter,
  );
}

/** Numbers joined by dots: `3`, `1.2`, `1.2.1`. Shard 0 is the main chain. */
const SHARD_PATH = /^(0|[1-9]\d{0,8})(\.[1-9]\d{0,8})*$/;

/** Whether a text is a shard path. */
export function isShardPath(path: string): boolean {
  return path.length <= SHARD_PATH_CHARACTERS_MAX && SHARD_PATH.test(path);
}

function checksumOf(text: string): string {
  return hexOf(sha256(CHECKSUM_DOMAIN, Buffer.from(text)).subarray(0, CHECKSUM_BYTES));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
