/** Where a record was read and when the broker appended it. */
export interface RecordMeta {
  /** Full or short topic name; views don't look at it, it is for faults. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Broker time of the record, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** Place of a transaction in the topic `transactions`. */
export interface Submission {
  readonly partition: number;
  readonly offset: number;
}
