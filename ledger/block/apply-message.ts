import type { CrossShardMessage, ReceiptResult } from "../../schemas/generated.js";
import { accountKey } from "../state/key.js";
import { hasRoomFor } from "../state/state.js";
import { MAIN_CHAIN } from "../topology.js";
import type { EntryContext, EntryOutcome } from "./context.js";

/**
 * Applies one leg of a transfer between shards. The bundle it came in is certified by its sender and in channel order, so
 * each message arrives exactly once.
 * @returns undefined where the message is not one that this shard may get from that one: it has no effect.
 */
export function applyMessage(
  message: CrossShardMessage,
  from: number,
  context: EntryContext,
): EntryOutcome | undefined {
  switch (message.kind) {
    case "PREPARE":
      return context.shard === MAIN_CHAIN && from === message.source ? decide(message, context) : undefined;
    case "FORWARD":
      return from === MAIN_CHAIN ? credit(message, context) : undefined;
    case "CANCEL":
      return from === MAIN_CHAIN ? settle(message, context) : undefined;
    case "CREDITED":
    case "REFUSED":
      return from === message.destination ? settle(message, context) : undefined;
  }
}

/** Main chain: decides once, at the message's arrival, by its own time. */
function decide(message: CrossShardMessage, context: EntryContext): EntryOutcome {
  const destination = context.network.topology.shardOf(message.recipient);
  if (context.time > message.deadline) {
    const cancel: CrossShardMessage = { ...message, kind: "CANCEL", code: "DEADLINE_PASSED" };
    return {
      receipt: receiptOf(cancel, "CANCELLED", context),
      message: { to: message.source, message: cancel },
    };
  }
  const forward: CrossShardMessage = { ...message, kind: "FORWARD", destination };
  return {
    receipt: receiptOf(forward, "FORWARDED", context),
    message: { to: destination, message: forward },
  };
}

/** Destination: credits, or refuses what doesn't fit; the source settles on the answer. */
function credit(message: CrossShardMessage, context: EntryContext): EntryOutcome | undefined {
  if (context.network.topology.shardOf(message.recipient) !== context.shard) return undefined;
  const key = accountKey(message.recipient);
  const account = context.overlay.account(key);
  if (!hasRoomFor(account, message.amount)) {
    const refused: CrossShardMessage = { ...message, kind: "REFUSED", code: "BALANCE_OVERFLOW" };
    return {
      receipt: receiptOf(refused, "CREDIT_REFUSED", context),
      message: { to: message.source, message: refused },
    };
  }
  context.overlay.setAccount(key, { ...account, balance: account.balance + message.amount });
  const credited: CrossShardMessage = { ...message, kind: "CREDITED" };
  return {
    receipt: receiptOf(credited, "CREDITED", context),
    message: { to: message.source, message: credited },
  };
}

/** Source: closes the escrow; gives the amount back unless it was credited. */
function settle(message: CrossShardMessage, context: EntryContext): EntryOutcome | undefined {
  const escrow = context.overlay.escrow(message.sender, message.transactionId);
  if (!escrow || message.source !== context.shard) return undefined;
  context.overlay.closeEscrow(message.sender, message.transactionId);
  const key = accountKey(escrow.sender);
  const account = context.overlay.account(key);
  const escrowed = account.escrowed - escrow.amount;
  if (message.kind === "CREDITED") {
    context.overlay.setAccount(key, { ...account, escrowed });
    return { receipt: receiptOf(message, "COMPLETED", context) };
  }
  // Credits left room for what is in escrow, so this can't overflow.
  context.overlay.setAccount(key, { ...account, escrowed, balance: account.balance + escrow.amount });
  return { receipt: receiptOf(message, "REFUNDED", context) };
}

function receiptOf(
  message: CrossShardMessage,
  kind: ReceiptResult["kind"],
  context: EntryContext,
): ReceiptResult {
  return {
    sequence: context.sequence,
    kind,
    code: message.code,
    transactionId: message.transactionId,
    sender: message.sender,
    recipient: message.recipient,
    amount: message.amount,
    fee: 0n,
    sourcePartition: -1,
    sourceOffset: -1,
    submittedAt: 0,
  };
}
