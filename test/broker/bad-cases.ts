import { signEthereum, signTransfer, type TransferFields } from "../../ledger/transaction/index.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { CHAIN_ID, ONE, type Wallet } from "../../simulator/world/network.js";
import type { Outcome } from "./client.js";

/** A record that must change nothing, and how it ends. */
export interface BadCase {
  readonly outcome: Outcome;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Ids of schemas: that of transactions, that of another topic. */
interface SchemaNumbers {
  readonly transactions: number;
  readonly other: number;
}

const NO_SCHEMA = 0x7fff_fff0;
const EMPTY = Buffer.alloc(0);

/**
 * Bad input as anyone may publish it.
 * @param alice an ed25519 wallet that has used its nonce 0
 * @param bob an Ethereum wallet
 */
export function badCases(alice: Wallet, bob: Wallet, schemas: SchemaNumbers, bytesMax: number): BadCase[] {
  const encode = codec("SignedTransaction").encode;
  const avro = (transaction: SignedTransaction) => encode(transaction);
  const transfer = (change: Partial<TransferFields>) =>
    signTransfer(
      { chainId: CHAIN_ID, recipient: bob.account, amount: 1n, nonce: alice.nonce, ...change },
      alice.keyPair,
    );
  const good = transfer({});
  const wallets = { alice: alice.account, bob: bob.account };
  const bad = (outcome: Outcome, transaction: SignedTransaction, key = wallets.alice): BadCase => ({
    outcome,
    key,
    value: toWire(schemas.transactions, avro(transaction)),
  });
  const ethereum = (
    outcome: Outcome,
    change: { chainId?: number; recipient?: Buffer; gasLimit?: number },
  ) => {
    const fields = { nonce: bob.nonce, amount: 1n, gasPrice: 1n, gasLimit: 21_000, recipient: alice.account };
    return bad(outcome, signEthereum({ type: "legacy", ...fields, ...change }, bob.privateKey), wallets.bob);
  };
  const canonical = avro(good);
  const longer = Buffer.concat([Buffer.of(canonical[0]! | 0x80, 0), canonical.subarray(1)]);
  const flipped = Buffer.from(good.signature);
  flipped[5]! ^= 1;
  return [
    { outcome: "rejected TOMBSTONE", key: wallets.alice, value: null },
    { outcome: "rejected MALFORMED", key: null, value: Buffer.from("nonsense") },
    { outcome: "rejected MALFORMED", key: null, value: EMPTY },
    {
      outcome: "rejected MALFORMED",
      key: null,
      value: toWire(schemas.transactions, canonical.subarray(0, 40)),
    },
    { outcome: "rejected UNKNOWN_SCHEMA", key: wallets.alice, value: toWire(NO_SCHEMA, canonical) },
    { outcome: "rejected UNKNOWN_SCHEMA", key: wallets.alice, value: toWire(schemas.other, canonical) },
    { outcome: "rejected NON_CANONICAL", key: wallets.alice, value: toWire(schemas.transactions, longer) },
    bad("rejected WRONG_CHAIN_ID", transfer({ chainId: CHAIN_ID + 1 })),
    bad("rejected BAD_SIGNATURE", { ...good, signature: flipped }),
    bad("rejected SENDER_KEY_MISMATCH", transfer({ sender: bob.account })),
    bad("rejected RECORD_KEY_MISMATCH", good, wallets.bob),
    bad("rejected ZERO_AMOUNT", transfer({ amount: 0n })),
    bad("rejected AMOUNT_OVERFLOW", transfer({ amount: 10n ** 38n })),
    bad("rejected GAS_LIMIT_TOO_LOW", transfer({ gasLimit: 20_999 })),
    bad("rejected TOO_LARGE", transfer({ data: Buffer.alloc(bytesMax) })),
    ethereum("rejected UNPROTECTED", {}),
    ethereum("rejected WRONG_CHAIN_ID", { chainId: CHAIN_ID + 1 }),
    ethereum("rejected CREATION_UNSUPPORTED", { chainId: CHAIN_ID, recipient: EMPTY }),
    ethereum("rejected GAS_LIMIT_TOO_LOW", { chainId: CHAIN_ID, gasLimit: 20_999 }),
    bad("refused EXPIRED", transfer({ validUntil: 1 })),
    bad("refused NONCE_USED", transfer({ nonce: alice.nonce - 1 })),
    bad("refused NONCE_GAP", transfer({ nonce: alice.nonce + 1 })),
    bad("refused INSUFFICIENT_BALANCE", transfer({ amount: 1_000_000n * ONE })),
  ];
}
