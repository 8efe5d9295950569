import { describe, expect, it } from "vitest";
import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import { asAccount } from "../../ledger/state/state.js";
import type { ReceiptKind, ReceiptResult, StateChange, Vote } from "../../schemas/generated.js";
import type { InvariantName } from "../../simulator/model/violations.js";
import { makeTestNetwork, ONE } from "../support/network.js";
import { auditHistory, intentOf, RecordedPipeline, storesOf } from "./audited.js";
import { Tampered } from "./tamper.js";

const net = makeTestNetwork({ shards: 2, parameters: { unfinalisedBlocksMax: 3 } });
const pipeline = new RecordedPipeline(net);
const [a, b, c] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
for (let round = 0; round < 3; round++) {
  pipeline.pay(a, b, 5n * ONE, { gasPrice: 2n });
  pipeline.pay(a, c, 7n * ONE, { gasPrice: 3n });
  pipeline.pay(c, a, 2n * ONE);
  pipeline.runUntilQuiet();
}
pipeline.pay(a, b, ONE, { nonce: 0 });
pipeline.pay(b, c, ONE, { nonce: 99 });
pipeline.pay(b, c, 10n ** 30n, { nonce: b.nonce });
pipeline.publish(Buffer.from("junk"), a.account);
pipeline.runUntilQuiet();
pipeline.stop("relay");
pipeline.pay(b, c, 3n * ONE);
pipeline.runUntilQuiet();
pipeline.nowMs += net.network.genesis.parameters.crossShardDeadlineMs + 1;
const healedAtMs = pipeline.nowMs;
pipeline.resume("relay");
pipeline.runUntilQuiet();

const intents = pipeline.topics.all("transactions").map((record) => intentOf(net, record));
const stores = storesOf(pipeline);
const end = { healedAtMs, stores, cold: "seen" } as const;

/** Invariants that are broken after an alteration, each once. */
function broken(
  alter: (tampered: Tampered) => void,
  change: Partial<Parameters<typeof auditHistory>[0]> = {},
) {
  const tampered = new Tampered(pipeline.history);
  alter(tampered);
  const { violations } = auditHistory({ net, history: tampered.history, intents, end, ...change });
  return [...new Set(violations.map(({ invariant }) => invariant))];
}

function receipt(tampered: Tampered, which: (result: ReceiptResult) => boolean): number {
  return tampered.find("shard.receipts", "Receipt", ({ result }) => which(result));
}

function changeReceipt(which: (result: ReceiptResult) => boolean, change: Partial<ReceiptResult>) {
  return (tampered: Tampered) =>
    tampered.change(receipt(tampered, which), "Receipt", (value) => ({
      ...value,
      result: { ...value.result, ...change },
    }));
}

const isKind = (kind: ReceiptKind) => (result: ReceiptResult) => result.kind === kind;
const isRefused = (code: string) => (result: ReceiptResult) => result.code === code;

/** Alters an account in the first changes of a block of shard 1. */
function changeAccount(change: Partial<{ balance: bigint; nonce: number; escrowed: bigint }>) {
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
function changeState(change: object) {
  return (tampered: Tampered) => {
    const index = tampered.find("shard.state", "StateRecord", ({ value }) => !!asAccount(value)?.nonce);
    tampered.change(index, "StateRecord", (value) => ({
      ...value,
      value: { "rustorium.AccountState": { ...asAccount(value.value)!, ...change } },
    }));
  };
}

/** A vote by validator 1 on a header that is not the log's, rightly signed. */
function otherVote(vote: Vote): Vote {
  const header = { ...vote.header, time: vote.header.time + 1 };
  return { ...vote, header, signature: signEd25519(voteMessage(digestOf(header)), net.validatorKeys[0]!) };
}

const voteOf = (tampered: Tampered, validator: number, height = 1) =>
  tampered.find(
    "shard.votes",
    "Vote",
    (vote) => vote.validator === validator && vote.header.height === height && vote.header.shard === 1,
  );
const certificateOf = (tampered: Tampered, height: number) =>
  tampered.find(
    "shard.finalized",
    "FinalityCertificate",
    ({ header }) => header.height === height && header.shard === 1,
  );
const told = (tampered: Tampered, event: string) =>
  tampered.find("notifications", "Notification", (value) => value.event === event);

const TAMPERINGS: [string, InvariantName, (tampered: Tampered) => void][] = [
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

describe("the model", () => {
  it("finds nothing wrong with the history that is altered below", () => {
    const { model, violations } = auditHistory({ net, history: pipeline.history, intents, end });
    expect(violations).toEqual([]);
    expect(model.counts).toMatchObject({ transfers: 10, refused: 3, crossShard: 7, settled: 7 });
  });

  it.each(TAMPERINGS)("finds %s: %s", (_, invariant, alter) => {
    expect(broken(alter)).toEqual([invariant]);
  });

  it("finds what the end is wrong about", () => {
    const [first, ...rest] = stores;
    const state = new Map(first!.state);
    state.delete([...state.keys()][0]!);
    const same = () => {};
    expect(broken(same, { end: { ...end, stores: [{ ...first!, state }, ...rest] } })).toEqual([
      "store-equals-topics",
    ]);
    expect(broken(same, { end: { ...end, stores: [{ ...first!, height: 0 }] } })).toEqual(["lag-zero"]);
    const records = pipeline.topics.records("shard.log", 1).slice(1);
    expect(broken(same, { end: { ...end, cold: [{ partition: 1, records }] } })).toContain("prefix-final");
  });

  it("finds an acknowledged record that is not there, and one that is judged otherwise than it was made", () => {
    const more = { kind: "rejected", code: "MALFORMED", partition: 0, offset: 1_000 } as const;
    expect(broken(() => {}, { intents: [...intents, more] })).toEqual(["ended-once"]);
    const others = intents.map((intent) =>
      intent.kind === "rejected" ? { ...intent, code: "TOO_LARGE" } : intent,
    );
    expect(broken(() => {}, { intents: others })).toEqual(["judged-rightly"]);
  });

  it("expects nothing of a dishonest validator", () => {
    const twice = (tampered: Tampered) => tampered.copy(voteOf(tampered, 1), "Vote", otherVote);
    expect(broken(twice, { dishonest: [1] })).toEqual([]);
  });
});
