/** Where a shard's chain stands after its last closed block. */
export interface ChainPosition {
  /** Height of the last closed block; 0 before the first. */
  readonly height: number;
  /** Its digest; the genesis hash before the first. */
  readonly digest: Buffer;
  /** Its last sequence number; 0 before the first. */
  readonly sequence: number;
  /** Its time, in milliseconds since 1970; 0 before the first. */
  readonly time: number;
  /** Offset in shard.log that reading goes on from. A hint: the chain doesn't depend on it. */
  readonly nextOffset: number;
}

/** Position before the first block. */
export function startOfChain(genesisHash: Buffer): ChainPosition {
  return { height: 0, digest: genesisHash, sequence: 0, time: 0, nextOffset: 0 };
}
