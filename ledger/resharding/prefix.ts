import type { StateKey } from "../state/key.js";

/** Whether a state key's placement begins with a prefix (bits as text). */
export function isUnderPrefix(prefix: string, key: StateKey): boolean {
  for (let bit = 0; bit < prefix.length; bit++) {
    const isOne = ((key.charCodeAt(bit >> 3) >> (7 - (bit & 7))) & 1) === 1;
    if (isOne !== (prefix[bit] === "1")) return false;
  }
  return true;
}

/** What two prefixes have in common: the longer one where it lies in the other; undefined: nothing. */
export function commonPart(a: string, b: string): string | undefined {
  if (a.startsWith(b)) return a;
  return b.startsWith(a) ? b : undefined;
}

/**
 * What a parent left to a shard that takes its place: the halves of a split have less than it had, and the shard of a merge more.
 * @throws RangeError where it left nothing
 */
export function innerPrefix(place: string, parent: string): string {
  const inner = commonPart(place, parent);
  if (inner === undefined) throw new RangeError(`${parent} left nothing to ${place}`);
  return inner;
}
