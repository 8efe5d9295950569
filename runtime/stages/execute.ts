import { digestOf } from "../../ledger/block/header.js";
import { TalliedState } from "../../ledger/state/tally.js";
import { ExecuteTask } from "../../processors/execute/execute.js";
import type { MacKey } from "../../processors/mac.js";
import { read } from "../../processors/read.js";
import type { Environment, OpenTask, StageDefinition } from "../driver/environment.js";
import { TransactionalWriter } from "../kafka/transactional-writer.js";
import { openChainTask } from "./chain-store.js";
import { CountedState } from "./counted-state.js";
import { Party } from "./party.js";
import { tail } from "./tail.js";

export function executeStage(macKey: MacKey): StageDefinition {
  const party = new Party();
  return {
    name: "execute",
    group: "execute",
    inputs: ["shard.log", "shard.finalized"],
    isByShard: true,
    async open(partition, environment, wipe): Promise<OpenTask> {
      // Fence first: from here on nobody else's output can appear behind what is read next.
      const prefix = environment.network.genesis.network;
      const transactional = await TransactionalWriter.open(
        environment.kafka,
        `${prefix}.execute.${partition}`,
      );
      try {
        return await openChainTask(party, environment, "execute", partition, wipe, async (chain) => {
          const { store, state, options } = chain;
          const { prefix: shardPrefix } = environment.network.topology.shard(options.shard);
          const counted = await CountedState.begin(store, shardPrefix, environment.clock);
          const tallied = new TalliedState(state);
          const written = await writtenDigests(environment, partition, options.position.height);
          const task = new ExecuteTask({ ...options, state: tallied, macKey, written });
          const measure = () => ({
            shard: options.shard,
            height: task.height,
            ...task.meter.take(),
            ...counted.figures(tallied.changed),
            memoryBytes: store.memoryBytes,
          });
          return { task, transactional, measure };
        });
      } catch (error) {
        await transactional.close();
        throw error;
      }
    },
    close: () => party.close(),
  };
}

/** Digest of the last header that execute wrote for each height above `height`. */
async function writtenDigests(
  environment: Environment,
  partition: number,
  height: number,
): Promise<Map<number, Buffer>> {
  const written = new Map<number, Buffer>();
  const headers = await tail(environment, "shard.blocks", partition, (record) => {
    const header = read("BlockHeader", record);
    return header !== undefined && header.height <= height;
  });
  for (const record of headers) {
    const header = read("BlockHeader", record);
    if (header && header.height > height) written.set(header.height, digestOf(header));
  }
  return written;
}
