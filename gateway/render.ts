import type { BlockHeader, FinalityCertificate, Notification } from "../schemas/generated.js";
import type { Submission } from "./views/meta.js";
import type { TransactionStatus } from "./views/transaction-status.js";

/** Records as JSON: bytes as lower-case hex digits, times with their unit. The shapes are in `schemas/`. */

function renderHeader(header: BlockHeader) {
  return {
    genesis: header.genesis.toString("hex"),
    shard: header.shard,
    height: header.height,
    parent: header.parent.toString("hex"),
    firstSequence: header.firstSequence,
    lastSequence: header.lastSequence,
    timeMs: header.time,
    epoch: header.epoch,
    entriesRoot: header.entriesRoot.toString("hex"),
    receiptsRoot: header.receiptsRoot.toString("hex"),
    changesRoot: header.changesRoot.toString("hex"),
    messagesRoot: header.messagesRoot.toString("hex"),
  };
}

export function renderCertificate(certificate: FinalityCertificate) {
  return {
    header: renderHeader(certificate.header),
    digest: certificate.digest.toString("hex"),
    signatures: certificate.signatures.map(({ validator, signature }) => ({
      validator,
      signature: signature.toString("hex"),
    })),
    signedStake: certificate.signedStake,
    totalStake: certificate.totalStake,
  };
}

/** @param topic full name of the topic of transactions. */
export function renderTransaction(
  status: TransactionStatus,
  certificate: FinalityCertificate | undefined,
  topic: string,
) {
  const place = (submission: Submission) => ({ topic, ...submission });
  return {
    transactionId: status.transactionId ?? null,
    stage: status.stage,
    applied: status.applied ?? null,
    code: status.code === "" ? null : status.code,
    detail: status.detail === "" ? null : status.detail,
    crossShard: status.crossShard,
    submission: status.submission ? place(status.submission) : null,
    otherSubmissions: status.otherSubmissions.map(place),
    shard: status.block?.shard ?? null,
    height: status.block?.height ?? null,
    settlement: status.settlement ?? null,
    stages: status.stages,
    certificate: certificate ? renderCertificate(certificate) : null,
  };
}

export function renderNotification(record: Notification) {
  return {
    event: record.event,
    applied: record.applied,
    code: record.code,
    transactionId: record.transactionId?.toString("hex") ?? null,
    account: record.account === null ? null : renderAccountId(record.account),
    shard: record.shard,
    height: record.height,
    timeMs: record.at,
  };
}

export function renderAccountId(account: Buffer): string {
  return `0x${account.toString("hex")}`;
}
