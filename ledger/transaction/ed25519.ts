import { codec } from "../../schemas/codec.js";
import type { SignedTransaction, TransferBody } from "../../schemas/generated.js";
import { accountIdOfEd25519 } from "../address.js";
import {
  isMalleableEd25519,
  type KeyPair,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  signEd25519,
  verifyEd25519,
} from "../crypto/ed25519.js";
import { sha256 } from "../crypto/hash.js";
import type { RejectCode } from "../reject-reasons.js";
import { intrinsicGasOf } from "./gas.js";
import { notFormed, type Parse } from "./parsed.js";

const TRANSFER_DOMAIN = Buffer.from("rustorium/transfer/v1\0");
const TRANSACTION_DOMAIN = Buffer.from("rustorium/transaction/v1\0");
const CHAIN_ID_BYTES = 8;

const transferBody = codec("TransferBody");

/** Reads the body of a transaction of the scheme ED25519. */
export function parseTransfer(transaction: SignedTransaction): Parse {
  const { body: bytes, publicKey, signature } = transaction;
  if (publicKey.length !== PUBLIC_KEY_BYTES)
    return notFormed("MALFORMED", "The public key has not 32 bytes.");
  if (signature.length !== SIGNATURE_BYTES) return notFormed("MALFORMED", "The signature has not 64 bytes.");
  const body = transferBody.decode(bytes);
  if (!body) return undecodable(bytes);
  if (body.validUntil < 0) return notFormed("MALFORMED", "The valid-until is before 1970.");
  return {
    ok: true,
    parsed: {
      chainId: body.chainId,
      unsupported: undefined,
      claimedSender: body.sender,
      recipient: body.recipient,
      amount: body.amount,
      nonce: body.nonce,
      gasLimit: body.gasLimit,
      intrinsicGas: intrinsicGasOf(body.data, 0, body.data.length),
      gasPrice: body.gasPrice,
      gasPriceMax: body.gasPrice,
      validUntil: body.validUntil,
      priority: body.priority,
    },
  };
}

function undecodable(bytes: Buffer): Parse {
  return transferBody.decodeAny(bytes)
    ? notFormed("NON_CANONICAL", "The body does not encode back to the same bytes.")
    : notFormed("MALFORMED", "The body is no Avro TransferBody.");
}

/** What is signed: the domain tag, the chain id as 8 bytes big-endian, the body. */
export function transferMessage(chainId: number, body: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(TRANSFER_DOMAIN.length + CHAIN_ID_BYTES + body.length);
  message.set(TRANSFER_DOMAIN, 0);
  message.writeUInt32BE(Math.floor(chainId / 2 ** 32), TRANSFER_DOMAIN.length);
  message.writeUInt32BE(chainId % 2 ** 32, TRANSFER_DOMAIN.length + 4);
  message.set(body, TRANSFER_DOMAIN.length + CHAIN_ID_BYTES);
  return message;
}

/**
 * Checks that the sender is the account of the public key and that the signature holds; undefined when both do.
 *
 * @param chainId what the body says; at least 0.
 * @param sender what the body says.
 */
export function transferFault(
  transaction: SignedTransaction,
  chainId: number,
  sender: Buffer,
): { code: RejectCode; detail: string } | undefined {
  const { body, publicKey, signature } = transaction;
  if (!accountIdOfEd25519(publicKey).equals(sender)) {
    return { code: "SENDER_KEY_MISMATCH", detail: "The sender is not the account of the public key." };
  }
  if (verifyEd25519(signature, transferMessage(chainId, body), publicKey)) return undefined;
  return isMalleableEd25519(signature)
    ? { code: "MALLEABLE_SIGNATURE", detail: "S of the signature is not below the group order." }
    : { code: "BAD_SIGNATURE", detail: "The signature does not hold for this body and key." };
}

/** Id of a transaction of the scheme ED25519, 32 bytes. Key and signature have a fixed length. */
export function transferId(transaction: SignedTransaction): Buffer {
  return sha256(TRANSACTION_DOMAIN, transaction.publicKey, transaction.signature, transaction.body);
}

/** What the signer decides; the rest of the body follows from his key or has the default named here. */
export type TransferFields = Pick<TransferBody, "chainId" | "recipient" | "amount" | "nonce"> &
  // By default the intrinsic gas, price 0, no limit in time, MEDIUM, no data; the sender is that of the key.
  Partial<Omit<TransferBody, "chainId" | "recipient" | "amount" | "nonce">>;

/**
 * Signs a transfer. Nothing is checked beyond what the schema demands.
 *
 * @throws Error when a field does not fit the schema, RangeError when the chain id is negative.
 */
export function signTransfer(fields: TransferFields, keyPair: KeyPair): SignedTransaction {
  const data = fields.data ?? Buffer.alloc(0);
  const body = transferBody.encode({
    sender: accountIdOfEd25519(keyPair.publicKey),
    gasLimit: intrinsicGasOf(data, 0, data.length),
    gasPrice: 0n,
    validUntil: 0,
    priority: "MEDIUM",
    data,
    ...fields,
  });
  const signature = signEd25519(transferMessage(fields.chainId, body), keyPair);
  return { scheme: "ED25519", body, publicKey: keyPair.publicKey, signature };
}
