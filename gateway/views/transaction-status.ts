import { type Attempt, NO_TIME_MS, outranks, type Stage, stageOf } from "./attempt.js";
import type { Submission } from "./meta.js";
import type { TransactionEntry } from "./transaction-index.js";

/** A stage and when it was reached. */
export interface StageReached {
  readonly stage: Stage;
  /** Broker time in milliseconds since 1970. */
  readonly timeMs: number;
}

/** What a view knows about a transaction. */
export interface TransactionStatus {
  /** 64 lower-case hex digits; undefined for bytes that no id is known of. */
  readonly transactionId: string | undefined;
  /** The submission that the rest speaks of; undefined when only the settlement was seen. */
  readonly submission: Submission | undefined;
  /** Other submissions of the same bytes. */
  readonly otherSubmissions: readonly Submission[];
  /** The highest stage reached. */
  readonly stage: Stage;
  /** Whether it took effect; undefined before a stage said so. True also of a refund: nonce and fee are spent. */
  readonly applied: boolean | undefined;
  /** Reason code of a refusal or refund; "" where there is none. */
  readonly code: string;
  /** Sentence to the code of a rejection; "" where there is none. */
  readonly detail: string;
  /** Whether the recipient is on another shard. */
  readonly crossShard: boolean;
  /** Shard and height of the block that holds the transaction; undefined before it had one. */
  readonly block: { readonly shard: number; readonly height: number } | undefined;
  /** Shard and height of the block at the sender that completed or refunded it. */
  readonly settlement: { readonly shard: number; readonly height: number } | undefined;
  /** Every stage reached with its time, in ledger order. */
  readonly stages: readonly StageReached[];
}

/** The attempt that answers for the transaction; undefined when only a settlement was seen. */
export function bestAttempt(entry: TransactionEntry): Attempt | undefined {
  let best: Attempt | undefined;
  for (const attempt of entry.attempts) if (!best || outranks(attempt, best)) best = attempt;
  // A settlement proves that some attempt took effect. If that one isn't held, the ones that are can only be copies.
  return entry.settlement && best?.applied !== true ? undefined : best;
}

/** What one attempt, or none, and the settlement say together. A settlement belongs to the best attempt only. */
export function summarise(entry: TransactionEntry, attempt: Attempt | undefined): TransactionStatus {
  const settlement = attempt === bestAttempt(entry) ? entry.settlement : undefined;
  const stages: StageReached[] = attempt ? stagesOf(attempt) : [];
  if (settlement) stages.push({ stage: settlement.stage, timeMs: settlement.timeMs });
  return {
    transactionId: entry.id,
    submission: attempt && submissionOf(attempt),
    otherSubmissions: entry.attempts.filter((one) => one !== attempt).map(submissionOf),
    stage: settlement?.stage ?? (attempt ? stageOf(attempt) : "submitted"),
    applied: settlement ? true : attempt?.applied,
    code: settlement?.code || attempt?.code || "",
    detail: attempt?.detail ?? "",
    crossShard: entry.crossShard,
    block: attempt && attempt.shard >= 0 ? { shard: attempt.shard, height: attempt.height } : undefined,
    settlement: settlement && { shard: settlement.shard, height: settlement.height },
    stages,
  };
}

function submissionOf({ partition, offset }: Attempt): Submission {
  return { partition, offset };
}

function stagesOf(attempt: Attempt): StageReached[] {
  const reached: readonly StageReached[] = [
    { stage: "submitted", timeMs: attempt.submittedTimeMs },
    { stage: "rejected", timeMs: attempt.rejectedTimeMs },
    { stage: "pre-confirmed", timeMs: attempt.preConfirmedTimeMs },
    { stage: "final", timeMs: attempt.finalTimeMs },
  ];
  return reached.filter((one) => one.timeMs !== NO_TIME_MS);
}
