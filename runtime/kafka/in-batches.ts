import type { OutgoingMessage } from "./plain-writer.js";

/** Kafka's own bytes around a record, at most. */
const RECORD_OVERHEAD_BYTES = 100;

/** Splits messages, in order, so that no part has more than `bytesMax` (unless it is a single message). */
export function inBatches(messages: readonly OutgoingMessage[], bytesMax: number): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let batch: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = RECORD_OVERHEAD_BYTES + (message.key?.length ?? 0) + (message.value?.length ?? 0);
    if (batch.length > 0 && bytes + size > bytesMax) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
