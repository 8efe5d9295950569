import type { Checkpoint, CheckpointCertificate, CheckpointMark } from "../../schemas/generated.js";
import type { VoidReason } from "../block/log-record.js";
import { isFieldElement } from "../crypto/poseidon.js";
import type { Network } from "../genesis/genesis.js";
import type { MainTopology } from "../resharding/main-topology.js";
import { globalRootKey, shardRootKey } from "../state/key.js";
import type { Overlay } from "../state/overlay.js";
import { asShardRoot, globalRootValue, type State, shardRootValue } from "../state/state.js";
import { globalRoot } from "../state-tree/shard-map.js";
import { verifyCheckpoint } from "./checkpoint.js";

/**
 * What the main chain knows of the other shards' states: the newest certified root of each that its log has, and, once it has
 * one of all, the global root over them. Both are values of its own state, so its own checkpoints certify them.
 */
export class KnownRoots {
  /** By shard; what is an entry depends on them. */
  private readonly heights: Map<number, number>;
  /** By prefix. */
  private readonly roots = new Map<string, Buffer>();
  private isNew = false;

  /** @param marks of the main chain's own record */
  constructor(
    private readonly network: Network,
    private readonly topology: MainTopology,
    state: State,
    marks: readonly CheckpointMark[],
  ) {
    this.heights = new Map(marks.map(({ shard, height }) => [shard, height]));
    for (const { shard, prefix } of this.owners) {
      const known = asShardRoot(state.get(shardRootKey(prefix, shard)));
      if (known) this.roots.set(prefix, known.stateRoot);
    }
  }

  private get owners() {
    return this.topology.owners;
  }

  /** For the main chain's own record. */
  get marks(): CheckpointMark[] {
    return [...this.heights].sort(([a], [b]) => a - b).map(([shard, height]) => ({ shard, height }));
  }

  /** Why a certificate is no entry of the main chain. */
  faultOf(certificate: CheckpointCertificate): VoidReason | undefined {
    const { genesis, shard, height, prefix, stateRoot } = certificate.checkpoint;
    const { hash, consensus } = this.network;
    if (!genesis.equals(hash)) return "OTHER_NETWORK";
    if (this.owners.find((owner) => owner.shard === shard)?.prefix !== prefix) return "OTHER_SHARD";
    if (height <= (this.heights.get(shard) ?? 0)) return "BELOW_CHECKPOINT";
    if (!isFieldElement(stateRoot)) return "BAD_ROOT";
    return verifyCheckpoint(certificate, consensus).ok ? undefined : "BAD_CERTIFICATE";
  }

  take({ shard, height, time, prefix, stateRoot }: Checkpoint, overlay: Overlay): void {
    this.heights.set(shard, height);
    this.roots.set(prefix, stateRoot);
    overlay.set(shardRootKey(prefix, shard), shardRootValue({ height, time, stateRoot }));
    this.isNew = true;
  }

  /** Others take the place of these: what is known of them is of the past. The global root stays until it can be made anew. */
  replace(shards: readonly number[], overlay: Overlay): void {
    for (const shard of shards) {
      this.heights.delete(shard);
      const { prefix } = this.topology.place(shard);
      if (this.roots.delete(prefix)) overlay.remove(shardRootKey(prefix, shard));
    }
  }

  /** Before a block ends: hashes once what its entries brought. */
  finish(overlay: Overlay): void {
    if (!this.isNew) return;
    this.isNew = false;
    if (this.owners.every(({ prefix }) => this.roots.has(prefix)))
      overlay.set(globalRootKey(), globalRootValue({ root: globalRoot(this.roots) }));
  }
}
