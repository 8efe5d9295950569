import type { Topic } from "./catalogue.js";

/** Largest record of any topic, in bytes. Everything written is bounded below it (see ARCHITECTURE.md, bounds). */
export const RECORD_BYTES_MAX = 8 * 1024 * 1024;

/** Broker settings of a topic, as `topics create` sets them and `topics check` compares them. */
export function brokerConfiguration(entry: Topic): Record<string, string> {
  const common: Record<string, string> = {
    // Chain time is the broker's append time; a producer's own clock would let it backdate a block.
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": String(RECORD_BYTES_MAX),
  };
  switch (entry.retention.kind) {
    case "forever":
      return { ...common, "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1" };
    case "time":
      return { ...common, "cleanup.policy": "delete", "retention.ms": String(entry.retention.retentionMs) };
    case "compacted":
      return { ...common, "cleanup.policy": "compact" };
  }
}

/** The settings whose difference from the catalogue makes a topic unsafe to use. */
export const SAFETY_SETTINGS = ["message.timestamp.type", "cleanup.policy"] as const;
