import { NotifyTask } from "../../processors/notify/notify.js";
import { RelayTask } from "../../processors/relay/relay.js";
import { ShardAssignTask } from "../../processors/shard-assign/shard-assign.js";
import type { StageDefinition } from "../driver/environment.js";

// Stages that need nothing but their input: no store, no keys, no Kafka transaction.

export const shardAssignStage: StageDefinition = {
  name: "shard-assign",
  group: "shard-assign",
  inputs: ["transactions.validated"],
  open: async (_partition, { network }) => ({ task: new ShardAssignTask(network.topology) }),
};

export const relayStage: StageDefinition = {
  name: "relay",
  group: "relay",
  inputs: ["shard.messages", "shard.finalized", "shard.checkpoints"],
  open: async (_partition, { network }) => ({ task: new RelayTask(network.topology) }),
};

export const notifyStage: StageDefinition = {
  name: "notify",
  group: "notify",
  inputs: ["transactions.rejected", "shard.receipts", "shard.finalized"],
  open: async () => ({ task: new NotifyTask() }),
};
