import type { Tick } from "../../ml/scaling/scaler.js";
import { shardRecordKey } from "../../processors/keys.js";
import { codec } from "../../schemas/codec.js";
import type { RecordTypes } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import { outgoing } from "../driver/perform.js";
import type { OutgoingMessage } from "../kafka/plain-writer.js";
import type { SchemaIds } from "../kafka/schemas.js";

/** What messages are for. */
export interface MessageTarget {
  /** The network's name. */
  readonly network: string;
  readonly schemaIds: SchemaIds;
}

/** What a tick says, as messages for its topics. Throws where a topic's schema has no id. */
export function messagesOf(
  target: MessageTarget,
  { forecasts, decisions, outcomes, alerts }: Tick,
): OutgoingMessage[] {
  const message = messageOn(target);
  return [
    ...forecasts.map((forecast) =>
      message("predictions", "LoadForecast", shardRecordKey(forecast.shard), forecast),
    ),
    ...outcomes.map((outcome) =>
      message("scaling.decisions", "ScalingRecord", shardRecordKey(outcome.shards[0]!), {
        record: { "rustorium.ScalingOutcome": outcome },
      }),
    ),
    ...decisions.map((decision) =>
      message("scaling.decisions", "ScalingRecord", shardRecordKey(decision.shards[0]!), {
        record: { "rustorium.ScalingDecision": decision },
      }),
    ),
    ...alerts.map((alert) => message("metrics.alerts", "MetricsAlert", Buffer.from(alert.code), alert)),
  ];
}

/** Makes messages in wire format. */
export function messageOn({ network, schemaIds }: MessageTarget) {
  return <K extends keyof RecordTypes>(
    topic: TopicName,
    type: K,
    key: Buffer | null,
    value: RecordTypes[K],
  ): OutgoingMessage =>
    outgoing({ topic, partition: 0, key, value: codec(type).encode(value) }, network, schemaIds);
}
