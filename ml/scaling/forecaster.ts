import type { TrainedModel } from "../network/saved-model.js";
import { Lately } from "./lately.js";
import type { LoadHistory } from "./load-history.js";
import { type Said, type Source, Sources } from "./sources.js";

/** A forecast, and what made it. */
export interface Forecast {
  readonly source: Source;
  /** Why it isn't the network's; empty where it is. */
  readonly reason: string;
  /** Quantiles as OUTPUTS has them, in transactions a second. */
  readonly quantiles: Float32Array;
}

/** Forecasts the load of shards: each by the source that did best for it lately. */
export class Forecaster {
  private readonly sources = new Sources();
  private readonly lately = new Map<number, Lately>();

  /** Of all shards, as far as they have any history. @param model undefined: there is none */
  forecast(shards: ReadonlyMap<number, LoadHistory>, model: TrainedModel | undefined): Map<number, Forecast> {
    const said = this.sources.ask(shards, model);
    return new Map([...said].map(([shard, own]) => [shard, this.judged(shard, shards.get(shard)!, own)]));
  }

  /** A shard began that took others' place: they are believed in it who were believed in them. */
  inherit(shard: number, parents: readonly number[]): void {
    this.lately.set(shard, Lately.inherited(parents.flatMap((parent) => this.lately.get(parent) ?? [])));
  }

  /** Shards that have ended are forgotten. */
  keepOnly(shards: ReadonlySet<number>): void {
    this.sources.keepOnly(shards);
    for (const shard of this.lately.keys()) if (!shards.has(shard)) this.lately.delete(shard);
  }

  private judged(shard: number, history: LoadHistory, said: Said): Forecast {
    const lately = this.lately.get(shard) ?? Lately.empty();
    this.lately.set(shard, lately);
    const source = lately.next(history, said);
    return { ...source, quantiles: said.get(source.source)! };
  }
}
