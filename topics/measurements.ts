import { TIME } from "./retention.js";
import type { Topic } from "./topic.js";

/** Topics of what is measured, expected and decided about load; nothing that is final depends on them. */
export const MEASUREMENTS: readonly Topic[] = [
  {
    name: "metrics.stages",
    key: "group/process",
    value: "StageMetrics",
    partitioning: "single",
    retention: TIME,
    writers: ["validate", "shard-assign", "execute", "vote", "finalize", "checkpoint", "relay", "notify"],
    readers: ["meter", "gateway"],
    about: "What each process measures of each of its stages, once a second.",
  },
  {
    name: "metrics.shards",
    key: "shard (4 bytes, big-endian)",
    value: "ShardMetrics",
    partitioning: "single",
    retention: TIME,
    writers: ["meter"],
    readers: ["scaler", "gateway"],
    about:
      "What is known of each shard, once a second: load, share of capacity, latency, size, hottest accounts.",
  },
  {
    name: "metrics.alerts",
    key: "code",
    value: "MetricsAlert",
    partitioning: "single",
    retention: TIME,
    writers: ["scaler"],
    readers: ["gateway"],
    about: "What is unusual in the measurements, with the figures that say so.",
  },
  {
    name: "predictions",
    key: "shard (4 bytes, big-endian)",
    value: "LoadForecast",
    partitioning: "single",
    retention: TIME,
    writers: ["scaler"],
    readers: ["gateway"],
    about: "What is expected of each shard's load, once a second, and what made the forecast.",
  },
  {
    name: "scaling.decisions",
    key: "shard (4 bytes, big-endian)",
    value: "ScalingRecord",
    partitioning: "single",
    retention: TIME,
    writers: ["scaler"],
    readers: ["gateway"],
    about: "Decisions to split or merge with their inputs and reasons, and later what came of each.",
  },
];
