import type { StateChanges } from "../ledger/state/state.js";
import type { Topology } from "../ledger/topology.js";
import type { Authorship } from "../ledger/transaction/authorship.js";
import type { TopicName } from "../topics/catalogue.js";

export type StageName =
  | "validate"
  | "shard-assign"
  | "execute"
  | "vote"
  | "finalize"
  | "checkpoint"
  | "notify"
  | "relay";

/** A record that a stage reads. */
export interface InputRecord {
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: number;
  /** Broker's append time, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly key: Buffer | null;
  /** Confluent wire format; null is a tombstone. */
  readonly value: Buffer | null;
  /**
   * Set by the driver where it had the signature of the record's transaction checked ahead of the step, and it holds. Without
   * it the step checks.
   */
  authorship?: Authorship | undefined;
}

/** A record that a stage writes. */
export interface OutputRecord {
  readonly topic: TopicName;
  /** Where it goes; undefined: by key, as any Kafka producer does. */
  readonly partition?: number;
  readonly key: Buffer | null;
  /** Avro bytes of the topic's record type, without wire header; null is a tombstone. */
  readonly value: Buffer | null;
}

/** Something people should know: a fault of ours or of a peer, never a refused transaction. */
export interface Alert {
  /** Stable code, e.g. DIGEST_CONTRADICTED. */
  readonly code: string;
  readonly message: string;
}

/** What one step asks its driver to do, in this order: write, store, then move positions. */
export interface StepResult {
  /** Written in order; by a stage with `transactional` in one Kafka transaction. */
  readonly records: readonly OutputRecord[];
  /** Local store writes, in one batch, after the records are acknowledged. */
  readonly store?: StoreBatch;
  /** State changes that `store` has: the state need not keep them in memory afterwards. */
  readonly storedChanges?: readonly StateChanges[];
  /** Next offset to read after a restart, by input topic; left out: unchanged. */
  readonly resumeAt?: ReadonlyMap<TopicName, number>;
  /** When `timer` wants to be called, in milliseconds since 1970; undefined: not. */
  readonly wakeAtMs?: number;
  /** Inputs to stop reading until a later step leaves them out (back-pressure). */
  readonly pause?: readonly TopicName[];
  readonly alerts?: readonly Alert[];
  /** `topology` wants to be called soon, once all this is acknowledged. */
  readonly wantsTopology?: boolean;
}

/** Key and value bytes for the local store; null removes. */
export type StoreBatch = readonly (readonly [key: string, value: Buffer | null])[];

/**
 * One partition number's share of a stage. Synchronous and deterministic: no clock, random, network or logger inside.
 * The driver calls it for one step at a time, and after a failed write drops it and opens another from store and topics.
 */
export interface StageTask {
  /** Where reading starts, by input topic; undefined: at the group's committed offset. */
  readonly startAt?: ReadonlyMap<TopicName, number>;
  /** Takes records of one input topic, in order. Throws StageFault. */
  step(records: readonly InputRecord[], nowMs: number): StepResult;
  /** Called at or after `wakeAtMs`. */
  timer?(nowMs: number): StepResult;
  /**
   * Called with the shard tree as it was read, to its end, after all that earlier steps asked for was acknowledged: after the
   * task was opened, where a step wants it, and when the tree has changed.
   */
  topology?(tree: Topology, nowMs: number): StepResult;
  /** The shard's last block is closed: all that is still to come is its certificate. */
  readonly hasEnded?: boolean;
  /** The shard has ended, and nothing is left to do: the task can be closed for good. */
  readonly isDone?: boolean;
}

/** A fault of ours, not a refused transaction: the task stops, and the driver says why. */
export class StageFault extends Error {
  constructor(
    readonly code: StageFaultCode,
    message: string,
  ) {
    super(message);
    this.name = "StageFault";
  }
}

export type StageFaultCode =
  /** A certificate names another digest than this task arrived at. */
  | "DIGEST_CONTRADICTED"
  /** This validator signed another digest for this height before. */
  | "OWN_VOTE_CONTRADICTED"
  /** A checkpoint certificate names another state root than this task arrived at. */
  | "ROOT_CONTRADICTED";
