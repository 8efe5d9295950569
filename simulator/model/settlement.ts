import type { Draft } from "./draft.js";
import { MAIN_CHAIN } from "./network.js";
import type { Message, ReceiptKind } from "./records.js";
import { fits, type Place } from "./transfer.js";

/** Takes in one message of a bundle from another shard. What that shard may not send here has no effect. */
export function takeIn(message: Message, from: number, draft: Draft, place: Place): void {
  switch (message.kind) {
    case "PREPARE":
      if (place.shard === MAIN_CHAIN && from === message.source) decide(message, draft, place);
      return;
    case "FORWARD":
      if (from === MAIN_CHAIN) credit(message, draft, place);
      return;
    case "CANCEL":
      if (from === MAIN_CHAIN) settle(message, draft, place);
      return;
    case "CREDITED":
    case "REFUSED":
      if (from === message.destination) settle(message, draft, place);
  }
}

function note(kind: ReceiptKind, message: Message, draft: Draft): void {
  const { code, transactionId, sender, recipient, amount } = message;
  draft.receipts.push({
    sequence: draft.sequence,
    kind,
    code,
    transactionId,
    sender,
    recipient,
    amount,
    fee: 0n,
    sourcePartition: -1,
    sourceOffset: -1,
    submittedAt: 0,
  });
}

/** The main chain's decision, by its own time. */
function decide(message: Message, draft: Draft, { network }: Place): void {
  if (draft.time > message.deadline) {
    const answer: Message = { ...message, kind: "CANCEL", code: "DEADLINE_PASSED" };
    note("CANCELLED", answer, draft);
    draft.send(message.source, answer);
  } else {
    const destination = network.homeOf(message.recipient).shard;
    note("FORWARDED", message, draft);
    draft.send(destination, { ...message, kind: "FORWARD", destination });
  }
}

/** At the recipient. */
function credit(message: Message, draft: Draft, { network, shard }: Place): void {
  const home = network.homeOf(message.recipient);
  if (home.shard !== shard) return;
  const account = draft.account(home.key);
  const answer: Message = fits(account, message.amount)
    ? { ...message, kind: "CREDITED" }
    : { ...message, kind: "REFUSED", code: "BALANCE_OVERFLOW" };
  if (answer.kind === "CREDITED") {
    draft.setAccount(home.key, { ...account, balance: account.balance + message.amount });
    note("CREDITED", answer, draft);
  } else {
    note("CREDIT_REFUSED", answer, draft);
  }
  draft.send(message.source, answer);
}

/** Back at the sender: the escrow ends, and comes back unless it was credited. */
function settle(message: Message, draft: Draft, { network, shard }: Place): void {
  if (message.source !== shard) return;
  const key = network.escrowKey(message.sender, message.transactionId);
  const held = draft.escrow(key);
  if (!held) return;
  draft.closeEscrow(key);
  const payer = network.homeOf(held.sender).key;
  const { balance, nonce, escrowed } = draft.account(payer);
  const isCredited = message.kind === "CREDITED";
  draft.setAccount(payer, {
    balance: isCredited ? balance : balance + held.amount,
    nonce,
    escrowed: escrowed - held.amount,
  });
  note(isCredited ? "COMPLETED" : "REFUNDED", message, draft);
}
