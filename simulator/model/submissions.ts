import type { ModelNetwork, Verify } from "./network.js";
import type { RejectedTransaction, UserTransaction } from "./records.js";
import { avro, decodeWire } from "./schemas.js";
import { ed25519Terms, type Terms } from "./terms.js";
import type { Report } from "./violations.js";

/** What the load generator knows about a record that the broker acknowledged in `transactions`. */
export type Intent =
  | ({
      readonly kind: "transfer";
      readonly partition: number;
      readonly offset: number;
    } & Omit<Terms, "priority">)
  | { readonly kind: "rejected"; readonly code: string; readonly partition: number; readonly offset: number };

/** A record of `transactions`, or an intent whose record was not read yet. */
export interface Submission {
  readonly partition: number;
  readonly offset: number;
  /** Broker's append time, in milliseconds since 1970; undefined: the record was not read yet. */
  timeMs?: number;
  /** Canonical Avro of its SignedTransaction as latin1; undefined: it is none. */
  transaction?: string;
  intent?: Intent;
  verdict?:
    | { readonly kind: "validated" }
    | { readonly kind: "rejected"; readonly record: RejectedTransaction };
  /** Its status as notified, e.g. `FINAL`, `FINAL NONCE_USED`, `REJECTED MALFORMED`. */
  status?: string;
  /** Of a transfer to another shard: its id as latin1. */
  crossShardId?: string;
  endedAtMs?: number;
}

/** Offsets stay below it, so that place and offset make one number. */
const OFFSETS_MAX = 2 ** 40;

/** All records of `transactions`: what they say, what validate made of them, and how they ended. */
export class Submissions {
  private readonly byPlace = new Map<number, Submission>();
  /** Terms by the transaction's bytes; undefined: not authentic. */
  private readonly terms = new Map<string, Terms | undefined>();
  /** Ethereum transactions whose intent is still to come: nothing here recovers their sender. */
  private readonly awaited = new Set<string>();
  private isOver = false;

  constructor(
    private readonly network: ModelNetwork,
    private readonly verify: Verify,
    private readonly report: Report,
  ) {}

  all(): Iterable<Submission> {
    return this.byPlace.values();
  }

  at(partition: number, offset: number): Submission {
    const found = this.find(partition, offset);
    if (found) return found;
    const submission: Submission = { partition, offset };
    this.byPlace.set(partition * OFFSETS_MAX + offset, submission);
    return submission;
  }

  private find(partition: number, offset: number): Submission | undefined {
    return this.byPlace.get(partition * OFFSETS_MAX + offset);
  }

  intend(intent: Intent): void {
    const submission = this.at(intent.partition, intent.offset);
    submission.intent = intent;
    this.join(submission);
    this.judge(submission);
  }

  /** Terms of a transaction that somebody signed, wherever it turns up; Avro bytes of the SignedTransaction. */
  learn(transaction: Buffer, terms: Terms): void {
    this.terms.set(transaction.toString("latin1"), terms);
  }

  /** A record of `transactions`. */
  published(partition: number, offset: number, timeMs: number, value: Buffer | null): void {
    const submission = this.at(partition, offset);
    submission.timeMs = timeMs;
    const transaction = decodeWire(avro.SignedTransaction, value);
    if (transaction) {
      submission.transaction = value!.subarray(5).toString("latin1");
      if (transaction.scheme === "ETHEREUM") this.awaited.add(submission.transaction);
    }
    this.join(submission);
  }

  private join({ transaction, intent }: Submission): void {
    if (transaction === undefined || !intent || !this.awaited.delete(transaction)) return;
    if (intent.kind === "transfer") this.terms.set(transaction, { ...intent, priority: "MEDIUM" });
  }

  /** A record of `transactions.validated`. */
  validated(record: UserTransaction): void {
    const submission = this.at(record.sourcePartition, record.sourceOffset);
    if (submission.verdict?.kind === "rejected") {
      this.report("judged-rightly", `${where(submission)} was rejected and validated`);
      return;
    }
    submission.verdict = { kind: "validated" };
    const { intent, transaction } = submission;
    const isOther =
      submission.timeMs !== record.submittedAt ||
      (transaction !== undefined && transaction !== bytesOf(record)) ||
      (intent?.kind === "transfer" &&
        !(intent.transactionId.equals(record.transactionId) && intent.sender.equals(record.sender)));
    if (isOther) this.report("judged-rightly", `${where(submission)} was validated as something else`);
    else this.judge(submission);
  }

  /** A record of `transactions.rejected`. */
  rejected(record: RejectedTransaction): void {
    const submission = this.at(record.sourcePartition, record.sourceOffset);
    const { verdict } = submission;
    if (verdict?.kind === "validated" || (verdict && verdict.record.code !== record.code)) {
      this.report("judged-rightly", `${where(submission)} was judged twice, now ${record.code}`);
      return;
    }
    submission.verdict = { kind: "rejected", record };
    this.judge(submission);
  }

  private judge(submission: Submission): void {
    const { intent, verdict } = submission;
    if (!intent || !verdict) return;
    const wanted = intent.kind === "rejected" ? intent.code : "";
    const found = verdict.kind === "rejected" ? verdict.record.code : "";
    if (wanted !== found) {
      this.report("judged-rightly", `${where(submission)}: ${found || "valid"}, not ${wanted || "valid"}`);
    }
  }

  /** Whether only an intent that is still to come can tell if the entry is authentic. */
  mustWait(entry: UserTransaction): boolean {
    if (this.isOver || entry.transaction.scheme === "ED25519") return false;
    return this.awaited.has(bytesOf(entry));
  }

  /** No further intents come. */
  close(): void {
    this.isOver = true;
  }

  /** The terms of a log entry; undefined where its sender did not sign it, or its id or sender are others. */
  termsOf(entry: UserTransaction): Terms | undefined {
    const bytes = bytesOf(entry);
    if (!this.terms.has(bytes)) {
      const known =
        entry.transaction.scheme === "ED25519" ? this.ed25519(entry, bytes) : this.byIntent(entry);
      this.terms.set(bytes, known);
    }
    const terms = this.terms.get(bytes);
    const isRight = terms?.sender.equals(entry.sender) && terms.transactionId.equals(entry.transactionId);
    return isRight ? terms : undefined;
  }

  private ed25519(entry: UserTransaction, bytes: string): Terms | undefined {
    const submission = this.find(entry.sourcePartition, entry.sourceOffset);
    // Whoever made it says that the signature is right, so it need not be checked.
    const isKnown = submission?.intent?.kind === "transfer" && submission.transaction === bytes;
    return ed25519Terms(entry.transaction, this.network.genesis, isKnown ? () => true : this.verify);
  }

  /** Published under another schema than ours, so that its bytes there are not those in the log. */
  private byIntent(entry: UserTransaction): Terms | undefined {
    const submission = this.find(entry.sourcePartition, entry.sourceOffset);
    const intent = submission?.transaction === undefined ? submission?.intent : undefined;
    return intent?.kind === "transfer" ? { ...intent, priority: "MEDIUM" } : undefined;
  }
}

function bytesOf(entry: UserTransaction): string {
  return avro.SignedTransaction.encode(entry.transaction).toString("latin1");
}

export function where({ partition, offset }: Submission): string {
  return `transactions[${partition}]@${offset}`;
}
