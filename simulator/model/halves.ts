import { avro } from "./schemas.js";
import type { StateValue } from "./state-records.js";
import { type HashPair, stateRootOf } from "./state-root.js";

/** A shard's state at a cut. */
export interface Part {
  readonly prefix: string;
  readonly values: ReadonlyMap<string, StateValue>;
}

/** With its place in the union: a StateChange with an empty key is one byte and the value. */
export function valueBytes(value: StateValue): Buffer {
  return avro.StateChange.encode({ key: Buffer.alloc(0), value }).subarray(1);
}

export function rootOfPart({ prefix, values }: Part, hashPair: HashPair): Buffer {
  return stateRootOf(prefix, bytesOf(values), hashPair);
}

function bytesOf(values: Part["values"]): Map<string, Buffer> {
  return new Map([...values].map(([key, value]) => [key, valueBytes(value)]));
}

/**
 * What two halves differ from the whole in, as a sentence; undefined: they are the whole. Looked at twice: value by value, and by
 * roots, which hash to the whole's.
 */
export function differenceOf(whole: Part, left: Part, right: Part, hashPair: HashPair): string | undefined {
  const halves = [left, right].map(({ values }) => bytesOf(values));
  for (const [key, bytes] of bytesOf(whole.values)) {
    const found = halves.map((half) => half.get(key)).filter((value) => value !== undefined);
    if (found.length !== 1 || !found[0]!.equals(bytes))
      return `${found.length} of the halves have what is at ${Buffer.from(key, "latin1").toString("hex")}`;
  }
  if (left.values.size + right.values.size !== whole.values.size)
    return "the halves have more than the whole";
  const [ofWhole, ofLeft, ofRight] = [whole, left, right].map((part) => rootOfPart(part, hashPair));
  return hashPair(ofLeft!, ofRight!).equals(ofWhole!)
    ? undefined
    : "the halves' roots don't hash to the whole's";
}
