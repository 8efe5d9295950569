import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import { asAccount } from "../../ledger/state/state.js";
import type { ReceiptKind, ReceiptResult, StateChange, Vote } from "../../schemas/generated.js";
import { net } from "./audited-run.js";
import type { Tampered } from "./tamper.js";

export function receipt(tampered: Tampered, which: (result: ReceiptResult) => boolean): number {
  return tampered.find("shard.receipts", "Receipt", ({ result }) => which(result));
}

export function changeReceipt(which: (result: ReceiptResult) => boolean, change: Partial<ReceiptResult>) {
  return (tampered: Tampered) =>
    tampered.change(receipt(tampered, which), "Receipt", (value) => ({
      ...value,
      result: { ...value.result, ...change },
    }));
}

export const isKind = (kind: ReceiptKind) => (result: ReceiptResult) => result.kind === kind;
export const isRefused = (code: string) => (result: ReceiptResult) => result.code === code;

/** Alters an account in the first changes of a block of shard 1. */
export function changeAccount(change: Partial<{ balance: bigint; nonce: number; escrowed: bigint }>) {
  return (tampered: Tampered) => {
    const index = tampered.find("shard.changes", "BlockChanges", ({ shard }) => shard === 1);
    tampered.change(index, "BlockChanges", (value) => ({
      ...value,
      changes: altered(value.changes, change),
    }));
  };
}

function altered(changes: StateChange[], change: object): StateChange[] {
  const index = changes.findIndex(({ value }) => asAccount(value)?.nonce);
  const account = asAccount(changes[index]!.value)!;
  const value = { "rustorium.AccountState": { ...account, ...change } };
  return changes.map((one, at) => (at === index ? { ...one, value } : one));
}

/** Alters the first state record of an account that sent something. */
export function changeState(change: object) {
  return (tampered: Tampered) => {
    const index = tampered.find("shard.state", "StateRecord", ({ value }) => !!asAccount(value)?.nonce);
    tampered.change(index, "StateRecord", (value) => ({
      ...value,
      value: { "rustorium.AccountState": { ...asAccount(value.value)!, ...change } },
    }));
  };
}

/** A vote by validator 1 on a header that is not the log's, rightly signed. */
export function otherVote(vote: Vote): Vote {
  const header = { ...vote.header, time: vote.header.time + 1 };
  return { ...vote, header, signature: signEd25519(voteMessage(digestOf(header)), net.validatorKeys[0]!) };
}

export const voteOf = (tampered: Tampered, validator: number, height = 1) =>
  tampered.find(
    "shard.votes",
    "Vote",
    (vote) => vote.validator === validator && vote.header.height === height && vote.header.shard === 1,
  );
export const certificateOf = (tampered: Tampered, height: number) =>
  tampered.find(
    "shard.finalized",
    "FinalityCertificate",
    ({ header }) => header.height === height && header.shard === 1,
  );
export const told = (tampered: Tampered, event: string) =>
  tampered.find("notifications", "Notification", (value) => value.event === event);
