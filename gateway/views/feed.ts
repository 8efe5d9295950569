import { codec, fromWire } from "../../schemas/codec.js";
import type { Notification, RecordTypes, RejectedTransaction } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { Views } from "./index.js";
import type { RecordMeta } from "./meta.js";

/** Topics the views are fed by, in this order of use; reading committed records only. */
export const GATEWAY_TOPICS = [
  "topology",
  "validators",
  "shard.finalized",
  "shard.checkpoints",
  "shard.state",
  "transactions.rejected",
  "notifications",
  "metrics.stages",
  "metrics.shards",
  "predictions",
  "scaling.decisions",
  "metrics.alerts",
] as const satisfies readonly TopicName[];

export type GatewayTopic = (typeof GATEWAY_TOPICS)[number];

/** Those that are read from their end: each figure in them is replaced a second later. The others from their earliest record. */
export const LIVE_TOPICS: ReadonlySet<GatewayTopic> = new Set([
  "metrics.stages",
  "metrics.shards",
  "predictions",
]);

/** A record as a Kafka client reads it. */
export interface ViewRecord extends RecordMeta {
  readonly topic: GatewayTopic;
  readonly key: Buffer | null;
  /** Confluent wire format; null is a tombstone. */
  readonly value: Buffer | null;
}

/**
 * Decodes a record and hands it to the view that it is for. Reading a record again changes nothing.
 * @returns false where the record can't be read; it is passed over, for no stage of ours wrote it.
 */
export function feedViews(views: Views, record: ViewRecord): boolean {
  switch (record.topic) {
    case "topology":
      return take("ShardTopology", record, (value) => views.directory.applyShard(value));
    case "validators":
      return take("ValidatorRecord", record, (value) => views.directory.applyValidator(value));
    case "shard.finalized":
      return take("FinalityCertificate", record, (value) => views.certificates.apply(value));
    case "shard.checkpoints":
      return take("CheckpointCertificate", record, (value) => views.checkpoints.apply(value));
    case "shard.state": {
      const { key } = record;
      if (key === null) return false;
      if (record.value === null) {
        views.accounts.apply(key, null, record);
        return true;
      }
      return take("StateRecord", record, (value) => {
        views.accounts.apply(key, value, record);
        views.globalRoot.apply(value);
      });
    }
    case "transactions.rejected":
      return take("RejectedTransaction", record, (value) => {
        const isNew = views.transactions.applyRejected(value, record);
        if (isNew) views.activity.apply(asNotification(value, record.timeMs));
      });
    case "notifications":
      return take("Notification", record, (value) => {
        if (views.transactions.apply(value)) views.activity.apply(value);
      });
    case "metrics.stages":
      return take("StageMetrics", record, (value) => views.metrics.applyStage(value, record));
    case "metrics.shards":
      return take("ShardMetrics", record, (value) => views.metrics.applyShard(value, record));
    case "predictions":
      return take("LoadForecast", record, (value) => views.metrics.applyForecast(value, record));
    case "scaling.decisions":
      return take("ScalingRecord", record, (value) => views.scaling.applyScaling(value, record));
    case "metrics.alerts":
      return take("MetricsAlert", record, (value) => views.scaling.applyAlert(value, record));
  }
}

/** A dead letter as `notify` will tell it; whichever of the two comes first is counted. */
function asNotification(rejected: RejectedTransaction, timeMs: number): Notification {
  const { sender, code, transactionId, sourcePartition, sourceOffset, submittedAt } = rejected;
  return {
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
    at: timeMs,
  };
}

function take<K extends keyof RecordTypes>(
  name: K,
  record: ViewRecord,
  apply: (value: RecordTypes[K]) => void,
): boolean {
  const wire = fromWire(record.value);
  const value = wire && codec(name).decode(wire.avroBytes);
  if (value === undefined) return false;
  apply(value);
  return true;
}
