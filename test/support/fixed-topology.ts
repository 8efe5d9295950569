import type { Topology } from "../../ledger/topology.js";
import type { LiveTopology } from "../../runtime/topology/live-topology.js";

/** A shard tree that never changes. */
export function fixedTopology(tree: Topology): LiveTopology {
  return { current: tree, refresh: async () => tree, onChange: () => () => undefined };
}
