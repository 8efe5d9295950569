import type { Draft } from "./draft.js";
import { AMOUNT_LIMIT, MAIN_CHAIN, type ModelNetwork } from "./network.js";
import type { ReceiptResult, UserTransaction } from "./records.js";
import type { ShardTree } from "./shard-tree.js";
import type { Account } from "./state-records.js";
import type { Terms } from "./terms.js";

/** The shard that a draft belongs to. */
export interface Place {
  readonly network: ModelNetwork;
  readonly shard: number;
  readonly prefix: string;
  /** Of the main chain only. */
  readonly tree: ShardTree | undefined;
  /** State key of the account that fees go to. */
  readonly fees: string;
}

/** Escrowed amounts may come back, so they take room. */
export function fits(account: Account, amount: bigint): boolean {
  return account.balance + account.escrowed + amount < AMOUNT_LIMIT;
}

/** Carries a transaction out, or refuses it and leaves everything as it was; writes its receipt. */
export function carryOut(entry: UserTransaction, terms: Terms, draft: Draft, place: Place): void {
  const { network, prefix } = place;
  const { sender, recipient, amount, fee, transactionId } = terms;
  const { sourcePartition, sourceOffset, submittedAt } = entry;
  const refusal = refusalOf(terms, draft, place);
  const isLocal = amount === 0n || network.homeOf(recipient).bits.startsWith(prefix);
  const receipt: ReceiptResult = {
    sequence: draft.sequence,
    kind: refusal ? "REFUSED" : isLocal ? "TRANSFER" : "PREPARED",
    code: refusal ?? "",
    transactionId,
    sender,
    recipient,
    amount,
    fee: refusal ? 0n : fee,
    sourcePartition,
    sourceOffset,
    submittedAt,
  };
  draft.receipts.push(receipt);
  if (refusal) return;

  const payer = network.homeOf(sender).key;
  const { balance, nonce, escrowed } = draft.account(payer);
  draft.setAccount(payer, {
    balance: balance - fee - amount,
    nonce: nonce + 1,
    escrowed: isLocal ? escrowed : escrowed + amount,
  });
  if (fee > 0n) add(draft, place.fees, fee);
  if (!isLocal) hold(terms, draft, place);
  else if (amount > 0n) add(draft, network.homeOf(recipient).key, amount);
}

function add(draft: Draft, key: string, amount: bigint): void {
  const account = draft.account(key);
  draft.setAccount(key, { ...account, balance: account.balance + amount });
}

/** The first reason not to carry it out, in the ledger's order. */
function refusalOf(terms: Terms, draft: Draft, { network, prefix, fees }: Place): string | undefined {
  const { amount, fee, nonce, validUntil } = terms;
  if (validUntil > 0 && draft.time > validUntil) return "EXPIRED";
  const payer = network.homeOf(terms.sender);
  const account = draft.account(payer.key);
  if (nonce !== account.nonce) return nonce < account.nonce ? "NONCE_USED" : "NONCE_GAP";
  if (account.balance < amount + fee) return "INSUFFICIENT_BALANCE";
  if (!fits(draft.account(fees), fee)) return "BALANCE_OVERFLOW";
  const payee = network.homeOf(terms.recipient);
  const isCredited = payee.bits.startsWith(prefix) && payee.key !== payer.key && amount > 0n;
  return isCredited && !fits(draft.account(payee.key), amount) ? "BALANCE_OVERFLOW" : undefined;
}

/** Puts the amount into escrow and asks the main chain to forward it. */
function hold(terms: Terms, draft: Draft, { network, shard }: Place): void {
  const { transactionId, sender, recipient, amount, priority } = terms;
  const deadline = draft.time + network.genesis.parameters.crossShardDeadlineMs;
  draft.openEscrow(network.escrowKey(sender, transactionId), { sender, recipient, amount, deadline });
  draft.send(MAIN_CHAIN, {
    kind: "PREPARE",
    transactionId,
    source: shard,
    // Where the recipient lives is the main chain's to know.
    destination: 0,
    sender,
    recipient,
    amount,
    deadline,
    priority,
    code: "",
  });
}
