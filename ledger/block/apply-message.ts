import type { CrossShardMessage, ReceiptResult } from "../../schemas/generated.js";
import type { MainTopology } from "../resharding/main-topology.js";
import { isUnderPrefix } from "../resharding/prefix.js";
import { accountKey } from "../state/key.js";
import { hasRoomFor } from "../state/state.js";
import { MAIN_CHAIN } from "../topology.js";
import type { EntryContext, EntryOutcome } from "./context.js";

/**
 * Applies one leg of a transfer between shards. The bundle it came in is certified by its sender; one from the main chain or
 * to it came in order and once, and what an answer settles is settled once.
 * @param prefixes accounts that the bundle is for
 * @returns undefined where the message is not one that this shard may get from that one: it has no effect.
 */
export function applyMessage(
  message: CrossShardMessage,
  from: number,
  prefixes: readonly string[],
  context: EntryContext,
): EntryOutcome | undefined {
  const isFor = (account: Buffer) => prefixes.some((prefix) => isUnderPrefix(prefix, accountKey(account)));
  switch (message.kind) {
    case "PREPARE":
      return context.topology && from === message.source
        ? decide(message, context, context.topology)
        : undefined;
    case "FORWARD":
      return from === MAIN_CHAIN && isFor(message.recipient) ? credit(message, context) : undefined;
    case "CANCEL":
      return from === MAIN_CHAIN && isFor(message.sender) ? settle(message, context) : undefined;
    case "CREDITED":
    case "REFUSED":
      return from === message.destination && isFor(message.sender) ? settle(message, context) : undefined;
  }
}

/** Main chain: decides once, at the message's arrival, by its own time. */
function decide(message: CrossShardMessage, context: EntryContext, topology: MainTopology): EntryOutcome {
  // Who prepared it may have ended since: the answer goes to who has its place.
  const source = topology.shardOf(message.sender);
  if (context.time > message.deadline) {
    const cancel: CrossShardMessage = { ...message, kind: "CANCEL", source, code: "DEADLINE_PASSED" };
    return {
      receipt: receiptOf(cancel, "CANCELLED", context),
      message: { to: source, message: cancel },
    };
  }
  const destination = topology.shardOf(message.recipient);
  const forward: CrossShardMessage = { ...message, kind: "FORWARD", source, destination };
  return {
    receipt: receiptOf(forward, "FORWARDED", context),
    message: { to: destination, message: forward },
  };
}

/** Destination: credits, or refuses what doesn't fit; the source settles on the answer. */
function credit(message: CrossShardMessage, context: EntryContext): EntryOutcome | undefined {
  const key = accountKey(message.recipient);
  const account = context.overlay.account(key);
  // It may have been sent to a shard whose place this one took.
  const destination = context.shard;
  if (!hasRoomFor(account, message.amount)) {
    const refused: CrossShardMessage = { ...message, kind: "REFUSED", destination, code: "BALANCE_OVERFLOW" };
    return {
      receipt: receiptOf(refused, "CREDIT_REFUSED", context),
      message: { to: message.source, message: refused },
    };
  }
  context.overlay.setAccount(key, { ...account, balance: account.balance + message.amount });
  const credited: CrossShardMessage = { ...message, kind: "CREDITED", destination };
  return {
    receipt: receiptOf(credited, "CREDITED", context),
    message: { to: message.source, message: credited },
  };
}

/** Source: closes the escrow; gives the amount back unless it was credited. */
function settle(message: CrossShardMessage, context: EntryContext): EntryOutcome | undefined {
  const escrow = context.overlay.escrow(message.sender, message.transactionId);
  if (!escrow) return undefined;
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
