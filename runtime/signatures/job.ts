import { ACCOUNT_ID_BYTES } from "../../ledger/address.js";
import { HASH_BYTES } from "../../ledger/crypto/hash.js";
import { type Authorship, authorshipOf } from "../../ledger/transaction/authorship.js";
import type { TransactionRules } from "../../ledger/transaction/index.js";
import { codec, WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";

/** What the values of a job are: records of `transactions` by our own schema, or of `shard.log`. */
export type JobTopic = "transactions" | "shard.log";

/** Values to check, one behind the other, as a thread gets them. */
export interface Job {
  readonly topic: JobTopic;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Of each value: 1 and what was found, or zeros where nothing was. */
const VERDICT_BYTES = 1 + ACCOUNT_ID_BYTES + HASH_BYTES;

/** Puts values together. They are copied, so that the job can be handed over. */
export function makeJob(topic: JobTopic, values: readonly Buffer[]): Job {
  const lengths = Uint32Array.from(values, ({ length }) => length);
  let size = 0;
  for (const length of lengths) size += length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const value of values) {
    bytes.set(value, at);
    at += value.length;
  }
  return { topic, lengths, bytes };
}

/** Checks all values of a job; what is no transaction, or isn't authentic, has no verdict. */
export function checkJob({ topic, lengths, bytes }: Job, rules: TransactionRules): Uint8Array {
  const verdicts = new Uint8Array(lengths.length * VERDICT_BYTES);
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  lengths.forEach((length, index) => {
    const transaction = transactionIn(topic, all.subarray(at, at + length));
    at += length;
    const found = transaction && authorshipOf(transaction, rules);
    if (!found) return;
    const start = index * VERDICT_BYTES;
    verdicts[start] = 1;
    verdicts.set(found.sender, start + 1);
    verdicts.set(found.transactionId, start + 1 + ACCOUNT_ID_BYTES);
  });
  return verdicts;
}

function transactionIn(topic: JobTopic, value: Buffer): SignedTransaction | undefined {
  const avroBytes = value.subarray(WIRE_HEADER_BYTES);
  if (topic === "transactions") return codec("SignedTransaction").decode(avroBytes);
  const entry = codec("LogEntry").decode(avroBytes)?.entry;
  return entry && "rustorium.UserTransaction" in entry
    ? entry["rustorium.UserTransaction"].transaction
    : undefined;
}

/** What a job found of its value at `index`. */
export function verdictAt(verdicts: Uint8Array, index: number): Authorship | undefined {
  const start = index * VERDICT_BYTES;
  if (verdicts[start] !== 1) return undefined;
  const found = Buffer.from(verdicts.buffer, verdicts.byteOffset + start + 1, VERDICT_BYTES - 1);
  return { sender: found.subarray(0, ACCOUNT_ID_BYTES), transactionId: found.subarray(ACCOUNT_ID_BYTES) };
}
