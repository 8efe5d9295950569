/** Pairs of shards that are the two children of one parent by their paths, left half first. */
export function siblingPairs<T extends { readonly path: string }>(shards: Iterable<T>): [T, T][] {
  const byPath = new Map(Array.from(shards, (shard) => [shard.path, shard]));
  return [...byPath].flatMap(([path, left]): [T, T][] => {
    const right = path.endsWith(".1") ? byPath.get(`${path.slice(0, -1)}2`) : undefined;
    return right ? [[left, right]] : [];
  });
}
