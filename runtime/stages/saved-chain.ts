import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import {
  CERTIFICATES_KEY,
  DIGEST_RANGE,
  decodeInherited,
  decodeOffset,
  decodePosition,
  encodeInherited,
  encodeOffset,
  encodePosition,
  heightOfDigestKey,
  INHERITED_KEY,
  OWNER_KEY,
  POSITION_KEY,
} from "../../processors/chain/store-layout.js";
import type { StoreBatch } from "../../processors/stage.js";
import type { Environment } from "../driver/environment.js";
import { BufferedStore } from "../store/buffered-store.js";
import { CachedStore } from "../store/cached-store.js";
import { type Store, StoreCorrupt } from "../store/level-store.js";
import type { StoredState } from "../store/stored-state.js";
import type { ForeignRemoval } from "./foreign-values.js";

/** What a store says of the chain that it belongs to. */
export type Saved = Pick<ChainOptions, "position" | "uncertified" | "certificatesOffset" | "inherited">;

/** A chain with its local store, as far as that is. */
export interface OpenChain {
  readonly store: ChainStore;
  readonly state: StoredState;
  readonly options: ChainOptions;
  /** What the store has of others' values goes on being removed until it is stopped. */
  readonly removal: ForeignRemoval;
}

/** A chain's store at work: what is in memory in front of what is on disk. */
export class ChainStore extends BufferedStore {
  private constructor(
    private readonly cached: CachedStore,
    { clock, storeGatherMs }: Environment,
  ) {
    super(cached, clock, storeGatherMs);
  }

  /** @param origin what the store is a clone of, if it is one; nothing writes to that any more */
  static on(store: Store, environment: Environment, origin?: ChainStore): ChainStore {
    return new ChainStore(new CachedStore(store, origin?.cached), environment);
  }

  static async open(environment: Environment, path: string, wipe: boolean): Promise<ChainStore> {
    return ChainStore.on(await environment.openStore(path, wipe), environment);
  }
}

/** undefined: the store is new, damaged, or a copy of another task's, which would lead to votes on another shard's blocks. */
export async function readSaved(store: Store, owner: string): Promise<Saved | undefined> {
  try {
    const position = decodePosition(store.get(POSITION_KEY));
    if (!position || store.get(OWNER_KEY)?.toString() !== owner) return undefined;
    const uncertified = new Map<number, Buffer>();
    for await (const [key, digest] of store.range(DIGEST_RANGE.gte, DIGEST_RANGE.lt)) {
      uncertified.set(heightOfDigestKey(key), digest);
    }
    const certificatesOffset = decodeOffset(store.get(CERTIFICATES_KEY)) ?? 0;
    const inherited = decodeInherited(store.get(INHERITED_KEY));
    return { position, uncertified, certificatesOffset, ...(inherited && { inherited }) };
  } catch (error) {
    if (error instanceof StoreCorrupt) return undefined;
    throw error;
  }
}

/** What a new store says first; written last, because a store without a position counts as none. */
export function savedBatch(owner: string, { position, certificatesOffset, inherited }: Saved): StoreBatch {
  return [
    [INHERITED_KEY, inherited ? encodeInherited(inherited) : null],
    [OWNER_KEY, Buffer.from(owner)],
    [POSITION_KEY, encodePosition(position)],
    [CERTIFICATES_KEY, encodeOffset(certificatesOffset)],
  ];
}
