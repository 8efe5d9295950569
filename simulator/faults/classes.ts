/** Every kind of fault that a simulation may meet. */
export const FAULT_CLASSES = [
  "lost-request",
  "lost-reply",
  "slow-network",
  "kill",
  "crash-at-effect",
  "freeze",
  "broker-outage",
  "store-lost",
  "store-tail-lost",
  "store-damaged",
  "store-rolled-back",
  "store-of-another",
  "second-producer",
  "rebalance",
  "poison-transaction",
  "poison-log",
  "poison-votes",
  "dishonest-validator",
  "repeated-end",
  "late-marker",
  "clock-skew",
  "compaction",
  "positions-lost",
] as const;

export type FaultClass = (typeof FAULT_CLASSES)[number];

/** Faults that happened, by class. */
export type FaultCounts = Record<FaultClass, number>;

export function noFaults(): FaultCounts {
  return Object.fromEntries(FAULT_CLASSES.map((name) => [name, 0])) as FaultCounts;
}
