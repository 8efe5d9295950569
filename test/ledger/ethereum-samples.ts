import { accountIdOfSecp256k1 } from "../../ledger/address.js";
import { publicKeyFromPrivate } from "../../ledger/crypto/secp256k1.js";
import {
  type AccessList,
  authenticate,
  decodeTransaction,
  type EthereumFields,
  signEthereum,
  type TransactionRules,
} from "../../ledger/transaction/index.js";
import { decodeRlp, encodeRlp, type RlpItem } from "../../ledger/transaction/rlp.js";
import type { SignedTransaction } from "../../schemas/generated.js";

export const RULES: TransactionRules = { chainId: 1, transactionBytesMax: 131_072, allowUnprotected: true };

export function ofRaw(body: Buffer): SignedTransaction {
  return { scheme: "ETHEREUM", body, publicKey: Buffer.alloc(0), signature: Buffer.alloc(0) };
}

/** Code of the refusal, or who signed, in hex. */
export function verdict(transaction: SignedTransaction, rules = RULES): string {
  const decoding = decodeTransaction(transaction, rules);
  if (!decoding.ok) return decoding.refusal.code;
  const authentication = authenticate(transaction, decoding.transaction);
  return authentication.ok ? authentication.sender.toString("hex") : authentication.refusal.code;
}

export const privateKey = Buffer.alloc(32, 0x46);
export const sender = accountIdOfSecp256k1(publicKeyFromPrivate(privateKey)).toString("hex");
export const recipient = Buffer.alloc(20, 0x35);
export const GWEI = 10n ** 9n;
export const ONE_ETHER = 10n ** 18n;
const common = { nonce: 9, gasLimit: 60_000, recipient, amount: ONE_ETHER, data: Buffer.of(0, 1, 2) };
export const accessList: AccessList = [
  { address: recipient, storageKeys: [Buffer.alloc(32), Buffer.alloc(32, 1)] },
  { address: Buffer.alloc(20), storageKeys: [] },
];
export const legacy = { type: "legacy", chainId: 1, gasPrice: GWEI, ...common } satisfies EthereumFields;
export const listed = {
  type: "accessList",
  chainId: 1,
  gasPrice: GWEI,
  accessList,
  ...common,
} satisfies EthereumFields;
export const market = {
  type: "feeMarket",
  chainId: 1,
  feeMax: 5n * GWEI,
  priorityFeeMax: 2n * GWEI,
  accessList,
  ...common,
} satisfies EthereumFields;

/** The items of a signed transaction, changed, and encoded again with the old signature. */
export function withItems(fields: EthereumFields, change: (items: RlpItem[]) => void): SignedTransaction {
  const { body } = signEthereum(fields, privateKey);
  const typed = body[0]! < 0xc0 ? 1 : 0;
  const decoded = decodeRlp(body.subarray(typed));
  if (!decoded.ok || !Array.isArray(decoded.item)) throw new Error("not a list");
  change(decoded.item);
  return ofRaw(Buffer.concat([body.subarray(0, typed), encodeRlp(decoded.item)]));
}
