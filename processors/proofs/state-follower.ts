import { HASH_BYTES } from "../../ledger/crypto/hash.js";
import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import { type EncodedChange, encodeChanges } from "../../ledger/state/encoded-changes.js";
import { accountKey, type StateKey } from "../../ledger/state/key.js";
import { asAccount, type StateValue } from "../../ledger/state/state.js";
import type { StateProof } from "../../ledger/state-tree/proof.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import type {
  AccountState,
  BlockChanges,
  CheckpointCertificate,
  FinalityCertificate,
} from "../../schemas/generated.js";
import { CertifiedChanges } from "../chain/certified-changes.js";
import { decodeStateValue, stateRecord } from "../chain/store-layout.js";
import type { ProofOutcome } from "./outcome.js";
import { proveAccount } from "./prove-account.js";

/** Changes that go into the tree together; a batch takes some 400 bytes of memory a change besides the tree. */
const BATCH_MAX = 20_000;

/** Where following begins. */
export interface StateStart {
  /** Height whose state it is; 0: the genesis. */
  readonly height: number;
  readonly values: ReadonlyMap<StateKey, StateValue>;
}

/**
 * A shard's state as a tree with its values: takes certified changes and can be moved from height to height, forwards only.
 * It begins with the genesis, or with a later state, which need not be trusted: no wrong one leads to a checkpoint's root.
 */
export class StateFollower {
  private readonly tree: StateTree;
  private readonly values = new Map<StateKey, Buffer>();
  private readonly changes: CertifiedChanges;

  constructor(
    network: Network,
    readonly shard: number,
    start: StateStart = { height: 0, values: initialState(network, shard) },
  ) {
    this.tree = new StateTree(network.topology.shard(shard).prefix);
    this.changes = new CertifiedChanges(start.height);
    this.put(encodeChanges(start.values));
  }

  /** Every value: Avro bytes with the place in the union. */
  get allValues(): ReadonlyMap<StateKey, Buffer> {
    return this.values;
  }

  /** The tree of them. Whoever takes it over lets go of this. */
  get stateTree(): StateTree {
    return this.tree;
  }

  /** Height whose state this is; 0: the genesis. */
  get height(): number {
    return this.changes.height;
  }

  /** Root of the state tree: 32 bytes. */
  get root(): Buffer {
    return this.tree.root;
  }

  /** Certificates and changes that have been taken in and not moved over yet. */
  get waiting(): number {
    return this.changes.waiting;
  }

  /** Takes a certificate that has been verified. */
  addCertificate(certificate: FinalityCertificate): void {
    this.changes.addCertificate(certificate);
  }

  /** Takes changes as a record of shard.changes has them; wrong ones never count. */
  addChanges(changes: BlockChanges, offset: number): void {
    this.changes.addChanges(changes, offset);
  }

  /**
   * Moves on to a height, or as near as what has been taken in leads. A key that changed in several blocks is hashed once.
   * @returns whether the height was reached; never above it
   */
  advanceTo(height: number): boolean {
    const last = new Map<StateKey, EncodedChange>();
    const { blocks } = this.changes.take(Math.max(0, height - this.height));
    for (const { changes } of blocks) for (const change of changes) last.set(change.key, change);
    this.put([...last.values()]);
    return this.height === height;
  }

  /** What an account has now: Avro bytes with the place in the union; undefined for nothing. */
  valueOf(account: Buffer): Buffer | undefined {
    return this.values.get(accountKey(account));
  }

  /** The same, decoded. */
  accountOf(account: Buffer): AccountState | undefined {
    return asAccount(this.valueAt(accountKey(account)));
  }

  /** What a key has now; undefined for nothing. */
  valueAt(key: StateKey): StateValue | undefined {
    const valueBytes = this.values.get(key);
    if (!valueBytes) return undefined;
    // The codec reads a value as part of a record only.
    const record = stateRecord({ height: this.height, digest: Buffer.alloc(HASH_BYTES) }, valueBytes);
    return decodeStateValue(record);
  }

  /** Proves what a key has now, or that it has nothing. */
  proofOf(key: StateKey): StateProof {
    return this.tree.prove(key, this.values.get(key));
  }

  /** Proves what one of the shard's accounts has; the certificate must be of the height that this is at. */
  prove(account: Buffer, certificate: CheckpointCertificate): ProofOutcome {
    return proveAccount(account, this.tree, this.valueOf(account), certificate);
  }

  private put(changes: readonly EncodedChange[]): void {
    for (const { key, isRemoval, valueBytes } of changes) {
      if (isRemoval) this.values.delete(key);
      // A copy: what is decoded is cut from a whole fetch, which would stay as long as the value.
      else this.values.set(key, Buffer.from(valueBytes));
    }
    for (let from = 0; from < changes.length; from += BATCH_MAX)
      this.tree.apply(changes.slice(from, from + BATCH_MAX));
  }
}
