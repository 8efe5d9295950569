/**
 * Start of a LogEntry that is a UserTransaction: its place in the union. The rest is the ValidatedTransaction's bytes, which
 * has the same fields in the same order; so they are carried on, not encoded again.
 */
const USER_TRANSACTION_BRANCH = Buffer.of(0);

/** Avro bytes of the log entry of a validated transaction. */
export function logEntryOf(validatedBytes: Buffer): Buffer {
  return Buffer.concat([USER_TRANSACTION_BRANCH, validatedBytes]);
}

/** The ValidatedTransaction's bytes in those of a log entry that is one. */
export function userTransactionBytes(logEntryBytes: Buffer): Buffer {
  return logEntryBytes.subarray(USER_TRANSACTION_BRANCH.length);
}
