import type { Draft } from "./draft.js";
import { MAIN_CHAIN } from "./network.js";
import type { Message, ReceiptKind } from "./records.js";
import type { ShardTree } from "./shard-tree.js";
import { fits, type Place } from "./transfer.js";

/**
 * Takes in one message of a bundle from another shard. What that shard may not send here has no effect.
 * @param prefixes accounts that the bundle is for
 */
export function takeIn(
  message: Message,
  from: number,
  prefixes: readonly string[],
  draft: Draft,
  place: Place,
): void {
  const { kind, source, destination, sender, recipient } = message;
  const isAbout = (account: Buffer) => {
    const { bits } = place.network.homeOf(account);
    return prefixes.some((prefix) => bits.startsWith(prefix));
  };
  if (kind === "PREPARE") {
    if (place.tree && from === source) decide(message, draft, place, place.tree);
  } else if (kind === "FORWARD") {
    if (from === MAIN_CHAIN && isAbout(recipient)) credit(message, draft, place);
  } else {
    const speaker = kind === "CANCEL" ? MAIN_CHAIN : destination;
    if (from === speaker && isAbout(sender)) settle(message, draft, place);
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

/** The main chain's decision, by its own time. The sender may have another shard by now. */
function decide(message: Message, draft: Draft, { network }: Place, tree: ShardTree): void {
  const source = tree.ownerOf(network.homeOf(message.sender).bits).shard;
  if (draft.time > message.deadline) {
    const answer: Message = { ...message, kind: "CANCEL", source, code: "DEADLINE_PASSED" };
    note("CANCELLED", answer, draft);
    draft.send(source, answer);
  } else {
    const destination = tree.ownerOf(network.homeOf(message.recipient).bits).shard;
    note("FORWARDED", message, draft);
    draft.send(destination, { ...message, kind: "FORWARD", source, destination });
  }
}

/** At the recipient; the answer says who gives it. */
function credit(message: Message, draft: Draft, { network, shard }: Place): void {
  const home = network.homeOf(message.recipient);
  const account = draft.account(home.key);
  const answer: Message = fits(account, message.amount)
    ? { ...message, kind: "CREDITED", destination: shard }
    : { ...message, kind: "REFUSED", destination: shard, code: "BALANCE_OVERFLOW" };
  if (answer.kind === "CREDITED") {
    draft.setAccount(home.key, { ...account, balance: account.balance + message.amount });
    note("CREDITED", answer, draft);
  } else {
    note("CREDIT_REFUSED", answer, draft);
  }
  draft.send(message.source, answer);
}

/** Back at the sender: the escrow ends, and comes back unless it was credited. */
function settle(message: Message, draft: Draft, { network }: Place): void {
  const key = network.escrowKey(message.sender, message.transactionId);
  const held = draft.escrow(key);
  if (!held) return;
  draft.remove(key);
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
