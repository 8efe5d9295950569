import { accountIdOfEd25519 } from "../../ledger/address.js";
import { keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import type { RejectCode } from "../../ledger/reject-reasons.js";
import {
  authenticate,
  decodeTransaction,
  type Refusal,
  signTransfer,
  type TransactionRules,
  type TransferFields,
} from "../../ledger/transaction/index.js";
import type { SignedTransaction } from "../../schemas/generated.js";

export const CHAIN_ID = 7_001;
export const RULES: TransactionRules = {
  chainId: CHAIN_ID,
  transactionBytesMax: 4_096,
  allowUnprotected: false,
};
export const keyPair = keyPairFromSeed(Buffer.alloc(32, 1));
export const sender = accountIdOfEd25519(keyPair.publicKey);
export const fields: TransferFields = {
  chainId: CHAIN_ID,
  recipient: Buffer.alloc(20, 2),
  amount: 5n,
  nonce: 0,
};

/** The refusal, or undefined where the transaction is accepted as `from`'s. */
export function refusalOf(transaction: SignedTransaction, from = sender, rules = RULES): Refusal | undefined {
  const decoding = decodeTransaction(transaction, rules);
  if (!decoding.ok) return decoding.refusal;
  const authentication = authenticate(transaction, decoding.transaction);
  if (!authentication.ok) return authentication.refusal;
  if (!authentication.sender.equals(from)) throw new Error("it is accepted as another's");
  return undefined;
}

export function codeOf(change: Partial<TransferFields>): RejectCode | undefined {
  return refusalOf(signTransfer({ ...fields, ...change }, keyPair))?.code;
}

/** Signs a body as it is, canonical or not. */
export function signBody(body: Buffer): SignedTransaction {
  return { ...signTransfer(fields, keyPair), body };
}
