/** Where a transaction of a sender took effect. */
export interface Effect {
  readonly sender: number;
  /** Topology epoch in which the shard began. */
  readonly epoch: number;
  readonly height: number;
}

/** What there was to see of senders' order. */
export interface OrderCount {
  /** Transactions with an earlier one of the same sender. */
  readonly followers: number;
  /** Those of them that took effect before it. */
  readonly reordered: number;
}

/** @param effects in the order of publication of each sender */
export function orderOf(effects: Iterable<Effect>): OrderCount {
  const last = new Map<number, Effect>();
  let followers = 0;
  let reordered = 0;
  for (const effect of effects) {
    const before = last.get(effect.sender);
    if (before) {
      followers++;
      if (isBefore(effect, before)) reordered++;
    }
    if (!before || !isBefore(effect, before)) last.set(effect.sender, effect);
  }
  return { followers, reordered };
}

function isBefore(a: Effect, b: Effect): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.height < b.height);
}
