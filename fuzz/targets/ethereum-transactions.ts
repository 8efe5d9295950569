import { recoverEthereumSender } from "../../ledger/transaction/ethereum-signature.js";
import { CHAIN_ID } from "../../simulator/world/network.js";
import { pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { mutateTransactionItems } from "../mutate/rlp.js";
import { ofRaw, transactionSamples } from "../samples.js";
import type { Target } from "../target.js";
import { judgeTransaction, TRANSACTION_CODES } from "../transactions.js";

const corpus = transactionSamples().map(({ body }) => body);
const BYTES_MAX = 131_072;
/** A network that takes everything it can, the mainnet's own, and one that is strict. */
const RULES = [
  { chainId: 1, transactionBytesMax: BYTES_MAX, allowUnprotected: true },
  { chainId: CHAIN_ID, transactionBytesMax: BYTES_MAX, allowUnprotected: false },
  { chainId: CHAIN_ID, transactionBytesMax: 128, allowUnprotected: true },
] as const;

/** Raw Ethereum transactions of every type, under three sets of rules. */
export const target: Target = {
  about: "raw Ethereum transactions, legacy and of types 1 to 4",
  codes: TRANSACTION_CODES,
  corpus,
  next(chance) {
    const sample = pick(chance, corpus);
    const items = chance(2) === 0 ? mutateTransactionItems(chance, sample) : undefined;
    return items ?? mutateBytes(chance, sample, corpus);
  },
  check(input) {
    // Whatever the bytes, also those that no stage would ask about.
    recoverEthereumSender(input);
    return RULES.map((rules) => judgeTransaction(ofRaw(input), rules));
  },
};
