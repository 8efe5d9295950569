import type { EncodedChange } from "../../ledger/state/encoded-changes.js";
import { topologyKey } from "../../ledger/state/key.js";
import { asTopology } from "../../ledger/state/state.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { codec } from "../../schemas/codec.js";
import type { ShardStatus, ShardTopology, TopologyState } from "../../schemas/generated.js";
import { decodeStateValue, stateRecord } from "../chain/store-layout.js";
import type { OutputRecord } from "../stage.js";

/** Records of the topic topology for a certified block of the main chain, where it changed the shard tree. */
export function topologyRecords(changes: readonly EncodedChange[], digest: Buffer): OutputRecord[] {
  const change = changes.find(({ key }) => key === topologyKey());
  if (!change) return [];
  const state = asTopology(decodeStateValue(stateRecord({ height: 0, digest }, change.valueBytes)));
  if (!state) return [];
  return [mainChain(state), ...state.shards.map(recordOf)].map((record) => ({
    topic: "topology",
    key: Buffer.from(String(record.shard)),
    value: codec("ShardTopology").encode(record),
  }));
}

function mainChain({ isPaused, switchedAt }: TopologyState): ShardTopology {
  const place = { shard: MAIN_CHAIN, path: "0", prefix: "", partition: 0, epoch: 0, parents: [] };
  return { ...place, phase: "ACTIVE", ended: -1, since: switchedAt, isPaused };
}

function recordOf({ place, phase, since, ended }: ShardStatus): ShardTopology {
  return { ...place, phase, ended, since, isPaused: false };
}
