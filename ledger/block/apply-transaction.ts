import type { ReceiptResult, UserTransaction } from "../../schemas/generated.js";
import type { RejectCode } from "../reject-reasons.js";
import { isUnderPrefix } from "../resharding/prefix.js";
import { accountKey } from "../state/key.js";
import { hasRoomFor } from "../state/state.js";
import { MAIN_CHAIN } from "../topology.js";
import type { DecodedTransaction } from "../transaction/index.js";
import type { EntryContext, EntryOutcome } from "./context.js";

/**
 * Applies an authentic transfer. Within the shard the recipient is credited at once; for another shard the amount goes
 * into escrow and a PREPARE to the main chain. An amount of 0 needs neither. A refused transaction changes nothing, nonce
 * and fee included.
 */
export function applyTransaction(
  entry: UserTransaction,
  transaction: DecodedTransaction,
  context: EntryContext,
): EntryOutcome {
  const { overlay, network } = context;
  const { amount, fee } = transaction;
  // A copy: the decoded one is a view that would keep a whole fetch in memory as long as an escrow lives.
  const recipient = Buffer.from(transaction.recipient);
  const senderKey = accountKey(entry.sender);
  const sender = overlay.account(senderKey);
  const receipt = (kind: ReceiptResult["kind"], code: RejectCode | ""): ReceiptResult => ({
    sequence: context.sequence,
    kind,
    code,
    transactionId: entry.transactionId,
    sender: entry.sender,
    recipient,
    amount,
    fee: kind === "REFUSED" ? 0n : fee,
    sourcePartition: entry.sourcePartition,
    sourceOffset: entry.sourceOffset,
    submittedAt: entry.submittedAt,
  });

  if (transaction.validUntil !== 0 && context.time > transaction.validUntil) {
    return { receipt: receipt("REFUSED", "EXPIRED") };
  }
  if (transaction.nonce < sender.nonce) return { receipt: receipt("REFUSED", "NONCE_USED") };
  if (transaction.nonce > sender.nonce) return { receipt: receipt("REFUSED", "NONCE_GAP") };
  const cost = amount + fee;
  if (sender.balance < cost) return { receipt: receipt("REFUSED", "INSUFFICIENT_BALANCE") };

  const recipientKey = accountKey(recipient);
  // Nothing to move is nothing to hold in escrow, and makes no account (compare EIP-161): it ends where it began.
  const local = isUnderPrefix(context.prefix, recipientKey) || amount === 0n;
  const same = (local && recipientKey === senderKey) || amount === 0n;
  const feeAccount = overlay.account(context.feeAccount);
  const credited = local && !same ? overlay.account(recipientKey) : undefined;
  if (!hasRoomFor(feeAccount, fee) || (credited && !hasRoomFor(credited, amount))) {
    return { receipt: receipt("REFUSED", "BALANCE_OVERFLOW") };
  }

  const debit = same ? fee : cost;
  overlay.setAccount(senderKey, {
    balance: sender.balance - debit,
    nonce: sender.nonce + 1,
    escrowed: local ? sender.escrowed : sender.escrowed + amount,
  });
  // Nobody's key is the fee account's, so it is neither the sender nor the recipient.
  if (fee > 0n) overlay.setAccount(context.feeAccount, { ...feeAccount, balance: feeAccount.balance + fee });
  if (local) {
    if (credited) overlay.setAccount(recipientKey, { ...credited, balance: credited.balance + amount });
    return { receipt: receipt("TRANSFER", "") };
  }

  const deadline = context.time + network.genesis.parameters.crossShardDeadlineMs;
  overlay.openEscrow(entry.transactionId, { sender: entry.sender, recipient, amount, deadline });
  return {
    receipt: receipt("PREPARED", ""),
    message: {
      to: MAIN_CHAIN,
      message: {
        kind: "PREPARE",
        transactionId: entry.transactionId,
        source: context.shard,
        // The main chain knows where its recipient lives.
        destination: MAIN_CHAIN,
        sender: entry.sender,
        recipient,
        amount,
        deadline,
        priority: transaction.priority,
        code: "",
      },
    },
  };
}
