let last = 0;
const moments = new WeakMap<object, number>();

/** Numbers that grow with each call in this process: what came first of things that have one. */
export function nextMoment(): number {
  return ++last;
}

/** Remembers when a batch was made of a fetch's answer. */
export function markMoment(batch: object): void {
  moments.set(batch, nextMoment());
}

/** When a batch was made; undefined: by nobody who marks them. */
export function momentOf(batch: object): number | undefined {
  return moments.get(batch);
}
