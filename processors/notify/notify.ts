import { EMPTY_ROOT } from "../../ledger/merkle.js";
import { codec } from "../../schemas/codec.js";
import type { Notification, NotificationEvent, Receipt } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { CertifiedJoin } from "../chain/certified-join.js";
import { read, unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";

/**
 * Sixth stage: tells each sender what became of a transaction: rejected, pre-confirmed, final, and for a transfer to
 * another shard completed or refunded. An event may come twice after a restart, never with another meaning.
 */
export class NotifyTask implements StageTask {
  private readonly join = new CertifiedJoin<Receipt>(
    ({ header }) => header.receiptsRoot.equals(EMPTY_ROOT),
    (receipts) => new Set(receipts.map(({ index }) => index)).size === receipts[0]?.count,
    true,
  );
  private rejectedNext: number | undefined;

  step(records: readonly InputRecord[]): StepResult {
    const outputs: OutputRecord[] = [];
    const alerts: Alert[] = [];
    let at = 0;
    for (const record of records) {
      at = record.timeMs;
      if (!this.take(record, outputs)) alerts.push(unreadable(record));
    }
    for (const { items } of this.join.take()) {
      for (const receipt of once(items)) {
        const event = finalEvent(receipt);
        if (event) outputs.push(ofReceipt(receipt, event, at));
      }
    }
    const resumeAt = new Map<TopicName, number>();
    const { itemsResumeAt, certificatesResumeAt } = this.join;
    if (itemsResumeAt !== undefined) resumeAt.set("shard.receipts", itemsResumeAt);
    if (certificatesResumeAt !== undefined) resumeAt.set("shard.finalized", certificatesResumeAt);
    if (this.rejectedNext !== undefined) resumeAt.set("transactions.rejected", this.rejectedNext);
    return { records: outputs, alerts, resumeAt };
  }

  /** Takes a record in; false: it can't be read. */
  private take(record: InputRecord, outputs: OutputRecord[]): boolean {
    switch (record.topic) {
      case "shard.receipts": {
        const receipt = read("Receipt", record);
        if (!receipt) return false;
        if (receipt.result.sourceOffset >= 0)
          outputs.push(ofReceipt(receipt, "PRE_CONFIRMED", record.timeMs));
        this.join.addItem(receipt, record.offset);
        return true;
      }
      case "shard.finalized": {
        const certificate = read("FinalityCertificate", record);
        if (certificate) this.join.addCertificate(certificate, record.offset);
        return certificate !== undefined;
      }
      default: {
        const rejected = read("RejectedTransaction", record);
        this.rejectedNext = record.offset + 1;
        if (!rejected) return false;
        const { code, transactionId, sender, sourcePartition, sourceOffset, submittedAt } = rejected;
        outputs.push(
          notificationRecord({
            account: sender,
            event: "REJECTED",
            applied: false,
            code,
            transactionId,
            crossShard: false,
            shard: -1,
            height: -1,
            sourcePartition,
            sourceOffset,
            submittedAt,
            at: record.timeMs,
          }),
        );
        return true;
      }
    }
  }
}

/** Each receipt once: after a contradiction execute writes a height again. */
function once(receipts: readonly Receipt[]): Iterable<Receipt> {
  return new Map(receipts.map((receipt) => [receipt.index, receipt])).values();
}

/** What a certified receipt means to the sender; undefined: nothing, it is a leg on the way. */
function finalEvent(receipt: Receipt): NotificationEvent | undefined {
  switch (receipt.result.kind) {
    case "TRANSFER":
    case "PREPARED":
    case "REFUSED":
      return "FINAL";
    case "COMPLETED":
      return "COMPLETED";
    case "REFUNDED":
      return "REFUNDED";
    case "FORWARDED":
    case "CANCELLED":
    case "CREDITED":
    case "CREDIT_REFUSED":
      return undefined;
  }
}

function ofReceipt({ shard, height, result }: Receipt, event: NotificationEvent, at: number): OutputRecord {
  const { kind, code, transactionId, sender, sourcePartition, sourceOffset, submittedAt } = result;
  return notificationRecord({
    account: sender,
    event,
    applied: kind !== "REFUSED" && kind !== "REFUNDED",
    code,
    transactionId,
    crossShard: kind === "PREPARED",
    shard,
    height,
    sourcePartition,
    sourceOffset,
    submittedAt,
    at,
  });
}

function notificationRecord(notification: Notification): OutputRecord {
  return {
    topic: "notifications",
    key: notification.account,
    value: codec("Notification").encode(notification),
  };
}
