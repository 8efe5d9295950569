import { FIELD_ORDER } from "../../verifier/field.js";
import type { Draft } from "./draft.js";
import { MAIN_CHAIN, type ModelNetwork } from "./network.js";
import type { Checkpoint, CheckpointCertificate } from "./records.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";
import type { Signatures } from "./signatures.js";
import type { ShardRoot } from "./state-records.js";
import { elementOf } from "./state-root.js";

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
    private readonly signatures: Signatures,
  ) {}

  get marks(): { shard: number; height: number }[] {
    return [...this.known].sort(([a], [b]) => a - b).map(([shard, { height }]) => ({ shard, height }));
  }

  /** Whether a certificate is an entry of the main chain. */
  isEntry({ checkpoint, signatures }: CheckpointCertificate): boolean {
    const { genesis, shard, height, prefix, stateRoot } = checkpoint;
    const found = this.network.genesis.shards.find((candidate) => candidate.shard === shard);
    return (
      genesis.equals(this.network.hash) &&
      shard !== MAIN_CHAIN &&
      found?.prefix === prefix &&
      height > (this.known.get(shard)?.height ?? 0) &&
      elementOf(stateRoot) < FIELD_ORDER &&
      typeof this.signatures.stakeOf(checkpointDigest(checkpoint), signatures) === "number"
    );
  }

  take({ shard, height, time, stateRoot }: Checkpoint, draft: Draft): void {
    const root = { height, time, stateRoot };
    this.known.set(shard, root);
    draft.touched.set(this.network.shardRootKey(shard), { is: "ShardRootState", value: root });
    this.isNew = true;
  }

  /** Before the block ends. */
  finish({ touched }: Draft): void {
    if (!this.isNew) return;
    this.isNew = false;
    const shards = this.network.genesis.shards.filter(({ shard }) => shard !== MAIN_CHAIN);
    if (!shards.every(({ shard }) => this.known.has(shard))) return;
    const rootAt = (prefix: string): Buffer => {
      const owner = shards.find((shard) => shard.prefix === prefix);
      if (owner) return this.known.get(owner.shard)!.stateRoot;
      return this.network.hashPair(rootAt(`${prefix}0`), rootAt(`${prefix}1`));
    };
    touched.set(this.network.globalRootKey, { is: "GlobalRootState", value: { root: rootAt("") } });
  }
}
