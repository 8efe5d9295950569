import type { TrainedModel } from "../network/saved-model.js";
import { LoadHistory } from "../scaling/load-history.js";
import { type Said, Sources } from "../scaling/sources.js";
import type { Series } from "../series.js";

/** What was said of one series at one moment. */
export interface Heard {
  /** Place of the series. */
  readonly which: number;
  /** Of the newest value that is known. */
  readonly origin: number;
  readonly history: LoadHistory;
  readonly said: Said;
}

/** Lets everything forecast these series second by second, as it would live shards that were never seen before. */
export function replay(
  all: readonly Series[],
  model: TrainedModel | undefined,
  hear: (heard: Heard) => void,
): void {
  const sources = new Sources();
  const histories = all.map(({ name }) => LoadHistory.empty(name));
  const end = Math.max(0, ...all.map(({ values }) => values.length));
  for (let origin = 0; origin < end; origin++) {
    const fresh = new Map<number, LoadHistory>();
    all.forEach(({ startS, values, isObserved }, which) => {
      if (origin >= values.length || !isObserved[origin]) return;
      histories[which]!.add((startS + origin) * 1_000, values[origin]!);
      fresh.set(which, histories[which]!);
    });
    for (const [which, said] of sources.ask(fresh, model))
      hear({ which, origin, history: histories[which]!, said });
  }
}
