import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import { transferMessage } from "../../ledger/transaction/ed25519.js";
import { signTransfer } from "../../ledger/transaction/index.js";
import { codec } from "../../schemas/codec.js";
import { SCHEMAS, type SignedTransaction, type TransferBody } from "../../schemas/generated.js";
import { CHAIN_ID, ONE } from "../../simulator/world/network.js";
import { type Chance, pick } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { net } from "../samples.js";
import type { Target } from "../target.js";
import { judgeTransaction, TRANSACTION_CODES } from "../transactions.js";

const wallet = net.wallet(1);
const { encode, decodeAny } = codec("SignedTransaction");
const bodies = new AvroValues(SCHEMAS.TransferBody as Schema);
const good = { chainId: CHAIN_ID, recipient: net.wallet(2).account, amount: ONE, nonce: 0 };
const corpus = [
  good,
  { ...good, chainId: 1 },
  { ...good, amount: 0n },
  { ...good, amount: -1n },
  { ...good, data: Buffer.alloc(300, 1), gasPrice: 3n, validUntil: 5, priority: "HIGH" as const },
].map((fields) => encode(signTransfer(fields, wallet.keyPair)));

/** Signs a body as it is, so that what is wrong with it is met behind a signature that holds. */
function signed(body: Buffer, chainId: number): Buffer {
  const { keyPair } = wallet;
  const message = transferMessage(Math.max(0, chainId), body);
  const { publicKey } = keyPair;
  return encode({ scheme: "ED25519", body, publicKey, signature: signEd25519(message, keyPair) });
}

function withChangedBody(chance: Chance): Buffer {
  const { body } = decodeAny(pick(chance, corpus)) as SignedTransaction;
  if (chance(2) === 0) return signed(mutateBytes(chance, body, [body]), CHAIN_ID);
  const fields = bodies.changed(codec("TransferBody").decodeAny(body), chance) as TransferBody;
  return signed(codec("TransferBody").encode(fields), fields.chainId);
}

/** Transfers of the scheme ED25519, with their envelope, body, key and signature. */
export const target: Target = {
  about: "signed transactions of the scheme ED25519",
  codes: new Set([...TRANSACTION_CODES, "NO_ENVELOPE"]),
  corpus,
  next: (chance) =>
    chance(2) === 0 ? withChangedBody(chance) : mutateBytes(chance, pick(chance, corpus), corpus),
  check(input) {
    const transaction = decodeAny(input);
    return transaction ? judgeTransaction(transaction, net.network.rules) : "NO_ENVELOPE";
  },
};
