import type { Notification, RejectedTransaction } from "../../schemas/generated.js";

/** How far a transaction has come. `refunded`: a transfer to another shard whose amount went back to its sender. */
export type Stage = "submitted" | "rejected" | "pre-confirmed" | "final" | "completed" | "refunded";

/** Absent time: no record of the topics is from 1970. */
export const NO_TIME_MS = 0;

/**
 * One publication of a transaction: the same bytes published twice are two attempts of one transaction, and at most one
 * of them takes effect. Flat, with 0, -1 and "" for absent values, because hundreds of thousands are held.
 */
export interface Attempt {
  /** Partition and offset in the topic `transactions`. */
  readonly partition: number;
  readonly offset: number;
  /** Broker time in milliseconds since 1970, as the three times below. */
  submittedTimeMs: number;
  rejectedTimeMs: number;
  preConfirmedTimeMs: number;
  finalTimeMs: number;
  /** Whether it took effect, as of its highest stage; undefined while that is `submitted`. */
  applied: boolean | undefined;
  /** Reason code of a refusal, as of its highest stage; "" where there is none. */
  code: string;
  /** Sentence to the code of a rejection. */
  detail: string;
  /** Shard and height where it was executed; -1 before. */
  shard: number;
  height: number;
}

/** An attempt of which only its place is known. */
export function newAttempt(partition: number, offset: number, submittedTimeMs: number): Attempt {
  return {
    partition,
    offset,
    submittedTimeMs,
    rejectedTimeMs: NO_TIME_MS,
    preConfirmedTimeMs: NO_TIME_MS,
    finalTimeMs: NO_TIME_MS,
    applied: undefined,
    code: "",
    detail: "",
    shard: -1,
    height: -1,
  };
}

/** The highest stage that an attempt reached; settlements belong to the transaction, not to an attempt. */
export function stageOf(attempt: Attempt): "submitted" | "rejected" | "pre-confirmed" | "final" {
  if (attempt.finalTimeMs !== NO_TIME_MS) return "final";
  if (attempt.preConfirmedTimeMs !== NO_TIME_MS) return "pre-confirmed";
  if (attempt.rejectedTimeMs !== NO_TIME_MS) return "rejected";
  return "submitted";
}

/** Takes in a dead letter. Returns whether it said something new. What a block says outranks it. */
export function noteRejected(attempt: Attempt, record: RejectedTransaction, timeMs: number): boolean {
  attempt.submittedTimeMs = record.submittedAt;
  attempt.detail = record.detail;
  return reject(attempt, record.code, timeMs);
}

function reject(attempt: Attempt, code: string, timeMs: number): boolean {
  if (attempt.rejectedTimeMs !== NO_TIME_MS) return false;
  attempt.rejectedTimeMs = timeMs;
  if (attempt.preConfirmedTimeMs === NO_TIME_MS && attempt.finalTimeMs === NO_TIME_MS) {
    attempt.applied = false;
    attempt.code = code;
  }
  return true;
}

/**
 * Takes in what happened to an attempt. Returns whether it said something new: notifications are delivered at least
 * once, so a repeated one must not count twice.
 */
export function noteNotification(
  attempt: Attempt,
  event: "REJECTED" | "PRE_CONFIRMED" | "FINAL",
  record: Notification,
): boolean {
  attempt.submittedTimeMs = record.submittedAt; // the broker's time instead of the gateway's
  switch (event) {
    case "REJECTED":
      return reject(attempt, record.code, record.at);
    case "PRE_CONFIRMED": {
      const isNew = attempt.preConfirmedTimeMs === NO_TIME_MS;
      if (isNew) attempt.preConfirmedTimeMs = record.at;
      // Until a certificate decides, the last word of `execute` counts: it writes blocks again that were contradicted.
      if (attempt.finalTimeMs === NO_TIME_MS) takeResult(attempt, record);
      return isNew;
    }
    case "FINAL":
      if (attempt.finalTimeMs !== NO_TIME_MS) return false;
      attempt.finalTimeMs = record.at;
      takeResult(attempt, record);
      return true;
  }
}

function takeResult(attempt: Attempt, record: Notification): void {
  attempt.applied = record.applied;
  attempt.code = record.code;
  attempt.shard = record.shard;
  attempt.height = record.height;
}

const STAGE_RANK = { submitted: 0, rejected: 1, "pre-confirmed": 2, final: 3 } as const;

/**
 * Order in which attempts answer for their transaction: applied beats refused, so that a public copy of a transaction
 * can't spoil it, whichever of the two arrives first; then the higher stage; then the later attempt, which says why the
 * transaction is refused now.
 */
export function outranks(a: Attempt, b: Attempt): boolean {
  const applied = Number(a.applied === true) - Number(b.applied === true);
  if (applied !== 0) return applied > 0;
  const stage = STAGE_RANK[stageOf(a)] - STAGE_RANK[stageOf(b)];
  return stage !== 0 ? stage > 0 : a.submittedTimeMs > b.submittedTimeMs;
}
