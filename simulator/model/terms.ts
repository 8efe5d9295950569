import { AMOUNT_LIMIT, type Verify } from "./network.js";
import type { Genesis, SignedTransaction } from "./records.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";
import type { Priority } from "./topology-records.js";

const ACCOUNT_DOMAIN = Buffer.from("rustorium/account/ed25519/v1\0");
const TRANSFER_DOMAIN = Buffer.from("rustorium/transfer/v1\0");
const TRANSACTION_DOMAIN = Buffer.from("rustorium/transaction/v1\0");

const NONCE_MAX = Number.MAX_SAFE_INTEGER - 2;
const TRANSFER_GAS = 21_000;
const ZERO_BYTE_GAS = 4;
const OTHER_BYTE_GAS = 16;

/** What a transaction says, whoever signed it by whichever scheme. */
export interface Terms {
  readonly transactionId: Buffer;
  readonly sender: Buffer;
  readonly recipient: Buffer;
  readonly amount: bigint;
  readonly nonce: number;
  readonly fee: bigint;
  readonly validUntil: number;
  readonly priority: Priority;
}

/**
 * The terms of a transaction of the scheme ED25519; undefined where it is ill-formed, out of bounds, of another network or
 * not signed by its sender.
 */
export function ed25519Terms(
  transaction: SignedTransaction,
  genesis: Genesis,
  verify: Verify,
): Terms | undefined {
  const { body: bytes, publicKey, signature } = transaction;
  if (publicKey.length !== 32 || signature.length !== 64) return undefined;
  if (bytes.length + publicKey.length + signature.length > genesis.parameters.transactionBytesMax)
    return undefined;
  const body = avro.TransferBody.decode(bytes);
  if (!body || body.chainId !== genesis.chainId) return undefined;
  const { sender, recipient, amount, nonce, gasLimit, gasPrice, validUntil, priority } = body;
  const gas = body.data.reduce(
    (sum, byte) => sum + (byte === 0 ? ZERO_BYTE_GAS : OTHER_BYTE_GAS),
    TRANSFER_GAS,
  );
  const fee = BigInt(gas) * gasPrice;
  const isInBounds =
    amount > 0n &&
    amount < AMOUNT_LIMIT &&
    fee >= 0n &&
    fee < AMOUNT_LIMIT &&
    nonce >= 0 &&
    nonce <= NONCE_MAX &&
    gasLimit >= gas &&
    validUntil >= 0;
  if (!isInBounds) return undefined;
  if (!sha256(ACCOUNT_DOMAIN, publicKey).subarray(0, 20).equals(sender)) return undefined;
  const chain = Buffer.alloc(8);
  chain.writeBigUInt64BE(BigInt(genesis.chainId));
  if (!verify(publicKey, Buffer.concat([TRANSFER_DOMAIN, chain, bytes]), signature)) return undefined;
  const transactionId = sha256(TRANSACTION_DOMAIN, publicKey, signature, bytes);
  return { transactionId, sender, recipient, amount, nonce, fee, validUntil, priority };
}
