/** Hashes of Merkle trees, many at a time. Digests (32 bytes each) are passed one after the other in one buffer. */
export interface TreeHasher {
  /** Hashes of leaves with these bytes. */
  leafHashes(items: readonly Uint8Array[]): Buffer;
  /** Root of the tree over leaf hashes, of which there is at least one. */
  rootOf(leafHashes: Buffer): Buffer;
}
