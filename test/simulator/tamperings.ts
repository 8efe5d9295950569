import type { InvariantName } from "../../simulator/model/violations.js";
import { ONE } from "../../simulator/world/network.js";
import {
  certificateOf,
  changeAccount,
  changeReceipt,
  changeState,
  isKind,
  isRefused,
  otherVote,
  receipt,
  told,
  voteOf,
} from "./alterations.js";
import { c, healedAtMs } from "./audited-run.js";
import type { Tampered } from "./tamper.js";

/** What is altered, which invariant that breaks, and how. */
export const TAMPERINGS: [string, InvariantName, (tampered: Tampered) => void][] = [
  [
    "an amount credited twice",
    "both-or-neither",
    (tampered) =>
      tampered.copy(receipt(tampered, isKind("CREDITED")), "Receipt", (value) => ({
        ...value,
        index: value.count,
      })),
  ],
  [
    "a refund of what was credited",
    "both-or-neither",
    changeReceipt(isKind("COMPLETED"), { kind: "REFUNDED" }),
  ],
  [
    "a credit of what was cancelled",
    "both-or-neither",
    changeReceipt(isKind("CANCELLED"), { kind: "FORWARDED" }),
  ],
  ["a receipt with another fee", "value-conserved", changeReceipt(isKind("TRANSFER"), { fee: 1n })],
  ["a receipt with another amount", "value-conserved", changeReceipt(isKind("PREPARED"), { amount: ONE })],
  [
    "a receipt with another recipient",
    "same-state",
    changeReceipt(isKind("TRANSFER"), { recipient: c.account }),
  ],
  [
    "a nonce gap applied",
    "nonces-contiguous",
    changeReceipt(isRefused("NONCE_GAP"), { kind: "TRANSFER", code: "" }),
  ],
  [
    "a used nonce applied",
    "applied-once",
    changeReceipt(isRefused("NONCE_USED"), { kind: "TRANSFER", code: "" }),
  ],
  [
    "more spent than there is",
    "nothing-negative",
    changeReceipt(isRefused("INSUFFICIENT_BALANCE"), { kind: "PREPARED", code: "" }),
  ],
  ["a receipt missing", "lag-zero", (tampered) => tampered.remove(receipt(tampered, isKind("TRANSFER")))],
  ["changes with another balance", "value-conserved", changeAccount({ balance: 1n })],
  ["changes with a balance below 0", "nothing-negative", changeAccount({ balance: -1n })],
  ["changes with another nonce", "nonces-contiguous", changeAccount({ nonce: 77 })],
  ["changes with another escrowed amount", "same-state", changeAccount({ escrowed: 9n * ONE })],
  ["state with another balance", "value-conserved", changeState({ balance: 1n })],
  ["state with another nonce", "nonces-contiguous", changeState({ nonce: 77 })],
  [
    "a height of the state written again",
    "written-once",
    (tampered) => {
      const isMarker = ({ value, height }: { value: unknown; height: number }) =>
        value === null && height === 2;
      const index = tampered.find("shard.state", "StateRecord", isMarker);
      tampered.copy(index, "StateRecord", (value) => value);
    },
  ],
  [
    "a header changed",
    "same-state",
    (tampered) =>
      tampered.change(
        tampered.find("shard.blocks", "BlockHeader", () => true),
        "BlockHeader",
        (value) => ({
          ...value,
          time: value.time + 1,
        }),
      ),
  ],
  [
    "a header written twice",
    "written-once",
    (tampered) => {
      const index = tampered.find("shard.blocks", "BlockHeader", () => true, "last");
      tampered.copy(index, "BlockHeader", (value) => value);
    },
  ],
  [
    "an outgoing bundle changed",
    "same-state",
    (tampered) =>
      tampered.change(
        tampered.find("shard.messages", "OutgoingBundle", () => true),
        "OutgoingBundle",
        (value) => ({
          ...value,
          messages: value.messages.map((message) => ({ ...message, amount: message.amount + 1n })),
        }),
      ),
  ],
  [
    "a certificate with too little stake",
    "certificate-valid",
    (tampered) =>
      tampered.change(certificateOf(tampered, 1), "FinalityCertificate", (value) => ({
        ...value,
        signatures: value.signatures.slice(0, 2),
        signedStake: 2_000,
      })),
  ],
  [
    "a certificate that says more stake than signed",
    "certificate-valid",
    (tampered) =>
      tampered.change(certificateOf(tampered, 1), "FinalityCertificate", (value) => ({
        ...value,
        signedStake: value.signedStake + 1,
      })),
  ],
  [
    "a certificate with one signer twice",
    "certificate-valid",
    (tampered) =>
      tampered.change(
        certificateOf(tampered, 1),
        "FinalityCertificate",
        ({ signatures: [first, second], ...value }) => ({
          ...value,
          signatures: [first!, second!, second!],
        }),
      ),
  ],
  [
    "a forged signature in a certificate",
    "certificate-valid",
    (tampered) =>
      tampered.change(
        certificateOf(tampered, 1),
        "FinalityCertificate",
        ({ signatures: [first, ...rest], ...value }) => ({
          ...value,
          signatures: [{ ...first!, signature: rest[0]!.signature }, ...rest],
        }),
      ),
  ],
  [
    "a second block certified for a height",
    "one-block-a-height",
    (tampered) =>
      tampered.copy(certificateOf(tampered, 2), "FinalityCertificate", (value) => ({
        ...value,
        header: { ...value.header, time: value.header.time + 1 },
      })),
  ],
  [
    "a certificate that leaves a height out",
    "prefix-final",
    (tampered) =>
      tampered.copy(
        certificateOf(tampered, 3),
        "FinalityCertificate",
        (value) => value,
        certificateOf(tampered, 1),
      ),
  ],
  [
    "a forged vote",
    "vote-valid",
    (tampered) =>
      tampered.copy(voteOf(tampered, 1), "Vote", (vote) => ({ ...vote, signature: Buffer.alloc(64, 1) })),
  ],
  [
    "two digests signed for a height",
    "one-vote-a-height",
    (tampered) => tampered.copy(voteOf(tampered, 1), "Vote", otherVote),
  ],
  [
    "another digest signed",
    "same-state",
    (tampered) => tampered.change(voteOf(tampered, 1), "Vote", otherVote),
  ],
  ["a vote missing", "lag-zero", (tampered) => tampered.remove(voteOf(tampered, 1))],
  [
    "a vote too far ahead of certificates",
    "bounded",
    (tampered) => tampered.copy(voteOf(tampered, 2, 4), "Vote", (vote) => vote, 0),
  ],
  [
    "final before its certificate",
    "final-needs-certificate",
    (tampered) =>
      tampered.copy(told(tampered, "FINAL"), "Notification", (value) => value, certificateOf(tampered, 1)),
  ],
  [
    "final and refused",
    "ended-once",
    (tampered) =>
      tampered.copy(told(tampered, "FINAL"), "Notification", (value) => ({
        ...value,
        applied: false,
        code: "EXPIRED",
      })),
  ],
  ["never told to be final", "ended-once", (tampered) => tampered.remove(told(tampered, "FINAL"))],
  ["never told to be settled", "ended-once", (tampered) => tampered.remove(told(tampered, "REFUNDED"))],
  [
    "told to be completed and refunded",
    "both-or-neither",
    (tampered) =>
      tampered.copy(told(tampered, "COMPLETED"), "Notification", (value) => ({
        ...value,
        applied: false,
        event: "REFUNDED",
        code: "DEADLINE_PASSED",
      })),
  ],
  [
    "told to another account",
    "notified-rightly",
    (tampered) =>
      tampered.change(told(tampered, "PRE_CONFIRMED"), "Notification", (value) => ({
        ...value,
        account: c.account,
      })),
  ],
  [
    "told long after",
    "settled-in-time",
    (tampered) => {
      const index = told(tampered, "REFUNDED");
      tampered.history[index] = { ...tampered.history[index]!, timeMs: healedAtMs + 10_001 };
    },
  ],
  [
    "a record both validated and rejected",
    "judged-rightly",
    (tampered) =>
      tampered.copy(
        tampered.find("transactions.rejected", "RejectedTransaction", () => true),
        "RejectedTransaction",
        (value) => ({
          ...value,
          sourceOffset: 0,
        }),
      ),
  ],
  [
    "a record that nobody can read",
    "readable",
    (tampered) => {
      const index = voteOf(tampered, 1);
      tampered.history.splice(index, 0, {
        ...tampered.history[index]!,
        value: Buffer.from("\0\0\0\0\x01junk"),
      });
    },
  ],
];
