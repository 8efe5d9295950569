import type { RejectCode } from "../../ledger/reject-reasons.js";
import {
  type Authentication,
  authenticate,
  decodeTransaction,
  type TransactionRules,
  transactionIdOf,
} from "../../ledger/transaction/index.js";
import { codec, fromWire, WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import type { RejectedTransaction, SignedTransaction } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { type MacKey, withMac } from "../mac.js";
import type { InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";

/** Decoder of a schema id that a producer used; undefined: the registry doesn't know it or it doesn't fit. */
export type ForeignDecoder = (
  schemaId: number,
) => ((avroBytes: Buffer) => SignedTransaction | undefined) | undefined;

export interface ValidateOptions {
  readonly network: string;
  readonly rules: TransactionRules;
  readonly macKey: MacKey;
  /** Registered id of our own SignedTransaction schema. */
  readonly schemaId: number;
  readonly foreign: ForeignDecoder;
}

/** Room for the Avro fields around a transaction's body: scheme, lengths, public key, signature. */
const ENVELOPE_BYTES_MAX = 256;

/**
 * First stage: form, limits and signature of each published record. What is authentic goes on with a MAC and its place;
 * everything else becomes a dead letter with a stable code. It never stops because of a record.
 */
export class ValidateTask implements StageTask {
  constructor(private readonly options: ValidateOptions) {}

  step(records: readonly InputRecord[]): StepResult {
    const last = records[records.length - 1]!;
    return {
      records: records.map((record) => this.judge(record)),
      resumeAt: new Map([[last.topic, last.offset + 1]]),
    };
  }

  private judge(record: InputRecord): OutputRecord {
    const { rules, macKey } = this.options;
    if (record.value === null) return this.reject(record, "TOMBSTONE", "the record has no value");
    if (record.value.length > rules.transactionBytesMax + ENVELOPE_BYTES_MAX + WIRE_HEADER_BYTES) {
      return this.reject(record, "TOO_LARGE", `${record.value.length} bytes`);
    }
    const opened = this.open(record.value);
    if (!opened.ok) return this.reject(record, opened.code, opened.detail);
    const { transaction } = opened;
    const decoded = decodeTransaction(transaction, rules);
    if (!decoded.ok) {
      const { refusal } = decoded;
      return this.reject(record, refusal.code, refusal.detail, refusal.transactionId, refusal.sender);
    }
    const authentic: Authentication = record.authorship
      ? { ok: true, sender: record.authorship.sender }
      : authenticate(transaction, decoded.transaction);
    const transactionId = record.authorship?.transactionId ?? transactionIdOf(transaction);
    if (!authentic.ok) {
      const { refusal } = authentic;
      return this.reject(record, refusal.code, refusal.detail, transactionId, refusal.sender);
    }
    const { sender } = authentic;
    if (record.key !== null && record.key.length > 0 && !record.key.equals(sender)) {
      return this.reject(
        record,
        "RECORD_KEY_MISMATCH",
        "the record's key isn't the sender",
        transactionId,
        sender,
      );
    }
    const content = {
      sourcePartition: record.partition,
      sourceOffset: record.offset,
      submittedAt: record.timeMs,
      sender,
      transactionId,
      transaction,
    };
    return {
      topic: "transactions.validated",
      partition: record.partition,
      key: sender,
      value: withMac(content, macKey),
    };
  }

  private open(
    value: Buffer,
  ): { ok: true; transaction: SignedTransaction } | { ok: false; code: RejectCode; detail: string } {
    const wire = fromWire(value);
    if (!wire) return { ok: false, code: "MALFORMED", detail: "not in Confluent wire format" };
    const { schemaId, avroBytes } = wire;
    const own = schemaId === this.options.schemaId;
    const decode = own ? codec("SignedTransaction").decode : this.options.foreign(schemaId);
    if (!decode) return { ok: false, code: "UNKNOWN_SCHEMA", detail: `schema id ${schemaId}` };
    const transaction = decode(avroBytes);
    if (transaction) return { ok: true, transaction };
    return own && codec("SignedTransaction").decodeAny(avroBytes)
      ? { ok: false, code: "NON_CANONICAL", detail: "decodes, but does not encode to the same bytes" }
      : { ok: false, code: "MALFORMED", detail: "not Avro of the schema that it names" };
  }

  private reject(
    record: InputRecord,
    code: RejectCode,
    detail: string,
    transactionId?: Buffer,
    sender?: Buffer,
  ): OutputRecord {
    const value: RejectedTransaction = {
      code,
      detail,
      stage: "validate",
      sourceTopic: topicOnCluster(this.options.network, record.topic),
      sourcePartition: record.partition,
      sourceOffset: record.offset,
      submittedAt: record.timeMs,
      transactionId: transactionId ?? null,
      sender: sender ?? null,
    };
    return {
      topic: "transactions.rejected",
      partition: record.partition,
      key: transactionId ?? Buffer.from(`${record.partition}:${record.offset}`),
      value: codec("RejectedTransaction").encode(value),
    };
  }
}
