import type { BlockHeader, ReceiptResult, UserTransaction } from "../../schemas/generated.js";
import type { EncodedChange } from "../state/encoded-changes.js";
import type { StateChanges } from "../state/state.js";
import type { DecodedTransaction } from "../transaction/index.js";
import type { applyMessage } from "./apply-message.js";
import type { applyTransaction } from "./apply-transaction.js";
import type { LogRecord, VoidReason } from "./log-record.js";
import type { ProvedBundle } from "./outbox.js";
import type { ChainPosition } from "./position.js";

/** A closed block with everything it did. */
export interface ExecutedBlock {
  readonly header: BlockHeader;
  readonly digest: Buffer;
  readonly receipts: readonly ReceiptResult[];
  /** Avro bytes of each receipt result. */
  readonly receiptBytes: readonly Buffer[];
  readonly changes: StateChanges;
  readonly encodedChanges: readonly EncodedChange[];
  readonly bundles: readonly ProvedBundle[];
  readonly position: ChainPosition;
}

/** How entries are judged. execute and vote differ only in how they check that a transaction is authentic. */
export interface ExecutionRules {
  /**
   * Whether the sender signed it, and id and sender in the entry are the transaction's own.
   * @param record what the entry was read from
   */
  isAuthentic(entry: UserTransaction, decoded: DecodedTransaction, record: LogRecord): boolean;
  readonly planted?: PlantedRules;
}

/** Tests plant wrong rules here; everyone else uses the ledger's. */
export interface PlantedRules {
  readonly applyTransaction?: typeof applyTransaction;
  readonly applyMessage?: typeof applyMessage;
}

/** What became of a record of the log: it may be void, go into the open block, or close it. */
export interface Appended {
  readonly block?: ExecutedBlock;
  readonly voided?: VoidReason;
}
