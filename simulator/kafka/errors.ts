/** What the protocol calls an error; kafkajs puts it in `type`. */
export type KafkaErrorType =
  | "OFFSET_OUT_OF_RANGE"
  | "UNKNOWN_TOPIC_OR_PARTITION"
  | "REBALANCE_IN_PROGRESS"
  | "ILLEGAL_GENERATION"
  | "UNKNOWN_MEMBER_ID"
  | "OUT_OF_ORDER_SEQUENCE_NUMBER"
  | "INVALID_PRODUCER_EPOCH"
  | "INVALID_TXN_STATE"
  | "CONCURRENT_TRANSACTIONS"
  | "INVALID_PRODUCER_ID_MAPPING"
  | "CONNECTION";

/** An error as the broker answers it, or a connection that broke. */
export class KafkaError extends Error {
  constructor(readonly type: KafkaErrorType) {
    super(type);
    this.name = "SimulatedKafkaError";
  }

  /** Whether a client tries again by itself. */
  get retriable(): boolean {
    return this.type === "CONCURRENT_TRANSACTIONS" || this.type === "CONNECTION";
  }
}

/** What kafkajs doesn't even ask the broker for: a transaction has ended, a consumer doesn't run. */
export class ClientRefusal extends Error {}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: KafkaError };
