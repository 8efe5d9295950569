import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { NotifyTask } from "../../processors/notify/notify.js";
import { RelayTask } from "../../processors/relay/relay.js";
import { ShardAssignTask } from "../../processors/shard-assign/shard-assign.js";
import type { StageDefinition } from "../driver/environment.js";

// Stages that need nothing but their input and the shard tree: no store, no Kafka transaction.

/** @param assigner the key pair that markers are signed with */
export function shardAssignStage(assigner: KeyPair): StageDefinition {
  return {
    name: "shard-assign",
    group: "shard-assign",
    inputs: ["transactions.validated"],
    open: async (partition, { network, topology }) => {
      const options = { network, topology: await topology.refresh(), assigner, partition };
      return { task: new ShardAssignTask(options) };
    },
  };
}

export const relayStage: StageDefinition = {
  name: "relay",
  group: "relay",
  inputs: ["shard.messages", "shard.finalized", "shard.checkpoints", "topology.proposals"],
  open: async (_partition, { topology }) => ({ task: new RelayTask(await topology.refresh()) }),
};

export const notifyStage: StageDefinition = {
  name: "notify",
  group: "notify",
  inputs: ["transactions.rejected", "shard.receipts", "shard.finalized"],
  open: async () => ({ task: new NotifyTask() }),
};
