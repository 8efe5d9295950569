import { FIELD_ORDER } from "../../verifier/field.js";
import type { Draft } from "./draft.js";
import type { ModelNetwork } from "./network.js";
import type { Checkpoint, CheckpointCertificate } from "./records.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";
import type { ShardTree } from "./shard-tree.js";
import type { Signatures } from "./signatures.js";
import type { ShardRoot } from "./state-records.js";
import { elementOf } from "./state-root.js";
import type { ShardPlace } from "./topology-records.js";

const CHECKPOINT_DOMAIN = Buffer.from("rustorium/checkpoint/v1\0");

/** The digest that validators sign. */
export function checkpointDigest(checkpoint: Checkpoint): Buffer {
  return sha256(CHECKPOINT_DOMAIN, avro.Checkpoint.encode(checkpoint));
}

/** What the rules make of the certificates of shards' states in the main chain's log. */
export class GlobalRoot {
  /** By shard: the newest state that an entry was about. */
  readonly known = new Map<number, ShardRoot>();
  private isNew = false;

  constructor(
    private readonly network: ModelNetwork,
    private readonly tree: ShardTree,
    private readonly signatures: Signatures,
  ) {}

  get marks(): { shard: number; height: number }[] {
    return [...this.known].sort(([a], [b]) => a - b).map(([shard, { height }]) => ({ shard, height }));
  }

  /** Whether a certificate is an entry of the main chain. */
  isEntry({ checkpoint, signatures }: CheckpointCertificate): boolean {
    const { genesis, shard, height, prefix, stateRoot } = checkpoint;
    return (
      genesis.equals(this.network.hash) &&
      this.ownerOf(shard)?.prefix === prefix &&
      height > (this.known.get(shard)?.height ?? 0) &&
      elementOf(stateRoot) < FIELD_ORDER &&
      typeof this.signatures.stakeOf(checkpointDigest(checkpoint), signatures) === "number"
    );
  }

  private ownerOf(shard: number): ShardPlace | undefined {
    return this.tree.owners.find((place) => place.shard === shard);
  }

  take({ shard, height, time, stateRoot }: Checkpoint, draft: Draft): void {
    const root = { height, time, stateRoot };
    this.known.set(shard, root);
    draft.touched.set(this.network.shardRootKey(this.ownerOf(shard)!), { is: "ShardRootState", value: root });
    this.isNew = true;
  }

  /** Shards that others take the place of: what is known of them goes; the global root waits for the others. */
  forget(ended: readonly ShardPlace[], draft: Draft): void {
    for (const place of ended)
      if (this.known.delete(place.shard)) draft.remove(this.network.shardRootKey(place));
  }

  /** Before the block ends. */
  finish({ touched }: Draft): void {
    if (!this.isNew) return;
    this.isNew = false;
    const shards = this.tree.owners;
    if (!shards.every(({ shard }) => this.known.has(shard))) return;
    const rootAt = (prefix: string): Buffer => {
      const owner = shards.find((shard) => shard.prefix === prefix);
      if (owner) return this.known.get(owner.shard)!.stateRoot;
      return this.network.hashPair(rootAt(`${prefix}0`), rootAt(`${prefix}1`));
    };
    touched.set(this.network.globalRootKey, { is: "GlobalRootState", value: { root: rootAt("") } });
  }
}
