import { accountIdOfEd25519, accountIdOfSecp256k1 } from "../../ledger/address.js";
import { ONE_RUS } from "../../ledger/amount.js";
import { type KeyPair, keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { publicKeyFromPrivate } from "../../ledger/crypto/secp256k1.js";
import type { GenesisAccount } from "../../schemas/generated.js";

/** Which signatures the load has; `mixed`: every other account is an Ethereum one. */
export type LoadScheme = "ed25519" | "ethereum" | "mixed";

/** An account of the load with the key that signs for it. */
export type LoadAccount =
  | { readonly scheme: "ed25519"; readonly id: Buffer; readonly keyPair: KeyPair }
  | { readonly scheme: "ethereum"; readonly id: Buffer; readonly privateKey: Buffer };

/** What the genesis gives each account of a load, in 10^-18 RUS: more than any load spends. */
export const LOAD_BALANCE = 1_000_000n * ONE_RUS;

/** The accounts of a load; the same seed gives the same ones. */
export function loadAccounts(count: number, scheme: LoadScheme, seed: number): LoadAccount[] {
  return Array.from({ length: count }, (_, index) => {
    const secret = sha256(Buffer.from(`rustorium/bench/${seed}/${index}`));
    const isEthereum = scheme === "ethereum" || (scheme === "mixed" && index % 2 === 1);
    if (isEthereum) {
      const id = Buffer.from(accountIdOfSecp256k1(publicKeyFromPrivate(secret)));
      return { scheme: "ethereum", id, privateKey: secret };
    }
    const keyPair = keyPairFromSeed(secret);
    return { scheme: "ed25519", id: Buffer.from(accountIdOfEd25519(keyPair.publicKey)), keyPair };
  });
}

/** The accounts as a genesis takes them. */
export function genesisAccounts(accounts: readonly LoadAccount[]): GenesisAccount[] {
  return accounts.map(({ id }) => ({ account: id, balance: LOAD_BALANCE, nonce: 0 }));
}
