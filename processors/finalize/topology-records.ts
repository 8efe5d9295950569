import type { EncodedChange } from "../../ledger/state/encoded-changes.js";
import { topologyKey } from "../../ledger/state/key.js";
import { asTopology } from "../../ledger/state/state.js";
import { codec } from "../../schemas/codec.js";
import type { ShardStatus, ShardTopology } from "../../schemas/generated.js";
import { decodeStateValue, stateRecord } from "../chain/store-layout.js";
import type { OutputRecord } from "../stage.js";

/** Records of the topic topology for a certified block of the main chain, where it changed the shard tree. */
export function topologyRecords(changes: readonly EncodedChange[], digest: Buffer): OutputRecord[] {
  const change = changes.find(({ key }) => key === topologyKey());
  if (!change) return [];
  const state = asTopology(decodeStateValue(stateRecord({ height: 0, digest }, change.valueBytes)));
  return (state?.shards ?? []).map((status) => ({
    topic: "topology",
    key: Buffer.from(String(status.place.shard)),
    value: codec("ShardTopology").encode(recordOf(status)),
  }));
}

function recordOf({ place, phase, since, ended }: ShardStatus): ShardTopology {
  return { ...place, phase, ended, since };
}
