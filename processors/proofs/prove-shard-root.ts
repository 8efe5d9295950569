import type { Network } from "../../ledger/genesis/genesis.js";
import { initialTopologyState } from "../../ledger/resharding/decide.js";
import { globalRootKey, shardRootKey, topologyKey } from "../../ledger/state/key.js";
import { asShardRoot, asTopology } from "../../ledger/state/state.js";
import { encodeStateProof } from "../../ledger/state-tree/proof-format.js";
import { proveShardRoot } from "../../ledger/state-tree/shard-map.js";
import { codec } from "../../schemas/codec.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { type NoProof, noProof, type ProofOutcome } from "./outcome.js";
import type { StateFollower } from "./state-follower.js";

/** Roots of all shards by prefix, and the heights that they are of by shard, as the main chain has them. */
export interface RootsOnMainChain {
  readonly ok: true;
  readonly roots: ReadonlyMap<string, Buffer>;
  readonly heights: ReadonlyMap<number, number>;
}

/** What the main chain's state says about the states of the shards that own accounts by it. */
export function rootsOnMainChain({ genesis }: Network, main: StateFollower): RootsOnMainChain | NoProof {
  const roots = new Map<string, Buffer>();
  const heights = new Map<number, number>();
  const { shards } = asTopology(main.valueAt(topologyKey())) ?? initialTopologyState(genesis);
  for (const { place, phase } of shards) {
    if (phase === "ENDING") continue;
    const { shard, prefix } = place;
    const known = asShardRoot(main.valueAt(shardRootKey(prefix, shard)));
    if (!known)
      return noProof("NO_CHECKPOINT", `the main chain has no certified state of shard ${shard} yet`);
    roots.set(prefix, known.stateRoot);
    heights.set(shard, known.height);
  }
  return { ok: true, roots, heights };
}

/**
 * Proves that the root of a shard's checkpoint is in the global root.
 *
 * @param certificate of the shard's checkpoint that the main chain has
 * @param roots of all shards, as the main chain has them
 * @param main its state after the block of `mainCertificate`
 */
export function proveShardInGlobalRoot(
  certificate: CheckpointCertificate,
  { roots }: RootsOnMainChain,
  main: StateFollower,
  mainCertificate: CheckpointCertificate,
): ProofOutcome {
  const { shard, height, prefix, stateRoot } = certificate.checkpoint;
  const { height: mainHeight, stateRoot: mainRoot } = mainCertificate.checkpoint;
  if (!main.root.equals(mainRoot))
    return noProof("ROOT_MISMATCH", `main chain, height ${mainHeight}: the state here has another root`);
  if (!roots.get(prefix)?.equals(stateRoot))
    return noProof("ROOT_MISMATCH", `shard ${shard}, height ${height}: the main chain has another root`);
  const bytes = codec("ProofFile").encode({
    version: 1,
    proof: {
      "rustorium.ShardRootProof": {
        shard: certificate,
        siblings: proveShardRoot(roots, prefix),
        stateProof: encodeStateProof(main.proofOf(globalRootKey())),
        certificate: mainCertificate,
      },
    },
  });
  return { ok: true, kind: "shard", bytes, shard, height };
}
