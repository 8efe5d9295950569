import { accountIdOfEd25519, accountIdOfSecp256k1 } from "../../ledger/address.js";
import { ONE_RUS } from "../../ledger/amount.js";
import { type KeyPair, keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { publicKeyFromPrivate } from "../../ledger/crypto/secp256k1.js";
import type { GenesisAccount } from "../../schemas/generated.js";

/** Accounts of the demonstration whose keys anyone can derive: they are worth nothing. */
export type DemonstrationAccount =
  | { readonly scheme: "ed25519"; readonly id: Buffer; readonly keyPair: KeyPair }
  | { readonly scheme: "ethereum"; readonly id: Buffer; readonly privateKey: Buffer };

const ED25519_ACCOUNTS = 40;
const ETHEREUM_ACCOUNTS = 20;
const BALANCE = 1_000_000n * ONE_RUS;

const seed = (name: string, index: number) => sha256(Buffer.from(`rustorium/demonstration/${name}/${index}`));

function ed25519Account(name: string, index: number) {
  const keyPair = keyPairFromSeed(seed(name, index));
  return { scheme: "ed25519", id: accountIdOfEd25519(keyPair.publicKey), keyPair } as const;
}

function ethereumAccount(name: string, index: number) {
  const privateKey = seed(name, index);
  return {
    scheme: "ethereum",
    id: accountIdOfSecp256k1(publicKeyFromPrivate(privateKey)),
    privateKey,
  } as const;
}

/** Senders of the good transactions. */
export const DEMONSTRATION_SENDERS: readonly DemonstrationAccount[] = [
  ...Array.from({ length: ED25519_ACCOUNTS }, (_, index) => ed25519Account("ed25519", index)),
  ...Array.from({ length: ETHEREUM_ACCOUNTS }, (_, index) => ethereumAccount("ethereum", index)),
];

/** Senders of the bad ones: apart, so that a refusal never leaves a gap in somebody's nonces. */
export const BAD_ED25519_SENDER = ed25519Account("bad", 0);
export const BAD_ETHEREUM_SENDER = ethereumAccount("bad", 0);

/** What the genesis of the demonstration gives to whom. */
export function demonstrationAccounts(): GenesisAccount[] {
  return [...DEMONSTRATION_SENDERS, BAD_ED25519_SENDER, BAD_ETHEREUM_SENDER].map(({ id }) => ({
    account: id,
    balance: BALANCE,
    nonce: 0,
  }));
}
