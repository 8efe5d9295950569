import type { Genesis, ShardPlace } from "../../schemas/generated.js";
import type { OwnRecord } from "../state/state.js";
import { MAIN_CHAIN } from "../topology.js";
import { newChannels } from "./channels.js";

/** The own record that a shard of the genesis begins with: nothing came yet. */
export function firstRecord(genesis: Genesis, { shard, prefix }: ShardPlace): OwnRecord {
  const others = genesis.shards.filter((other) => other.shard !== MAIN_CHAIN);
  return {
    marks: [],
    sent: [],
    received:
      shard === MAIN_CHAIN
        ? others.flatMap((other) => newChannels(other.shard, ""))
        : newChannels(shard, prefix),
    change: null,
    markers: [],
    checkpoints: [],
  };
}
