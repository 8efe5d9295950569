import { siblingPairs } from "../../ledger/resharding/siblings.js";
import type { Topology } from "../../ledger/topology.js";
import type {
  LoadForecast,
  MetricsAlert,
  ScalingDecision,
  ScalingOutcome,
  ShardMetrics,
} from "../../schemas/generated.js";
import { OUTPUTS } from "../network/outputs.js";
import type { TrainedModel } from "../network/saved-model.js";
import { TARGETS } from "../targets.js";
import { Alerts } from "./alerts.js";
import { ChangeCosts, shardMsOf } from "./change-costs.js";
import { type Forecast, Forecaster } from "./forecaster.js";
import { LoadHistory } from "./load-history.js";
import { quantileOf, targetCovering } from "./look-ahead.js";
import { Pending } from "./pending.js";
import {
  fitTogether,
  mergeAfterMs,
  mergeOf,
  type ScalingSettings,
  type ShardView,
  splitOf,
  type Wish,
} from "./policy.js";
import { Silence } from "./silence.js";

/** What was measured longer ago than this says nothing about now, in milliseconds. */
const FRESH_MS = 5_000;
/** A decision that came to nothing isn't made again before so long, in milliseconds. */
const AGAIN_AFTER_MS = 10_000;
/** Present load is the mean of so many seconds. */
const PRESENT_S = 2;
const MILLI = 1_000;
const MILLIONTHS = 1_000_000;

/** What a tick says. */
export interface Tick {
  readonly forecasts: readonly LoadForecast[];
  readonly decisions: readonly ScalingDecision[];
  readonly outcomes: readonly ScalingOutcome[];
  readonly alerts: readonly MetricsAlert[];
}

interface Known {
  readonly metrics: ShardMetrics;
  /** In metrics.shards. */
  readonly offset: number;
}

/** Reads what is measured of shards, forecasts their load, and decides which to split and merge. */
export class Scaler {
  /** A trained network; undefined: it forecasts without one. */
  model: TrainedModel | undefined;
  private readonly histories = new Map<number, LoadHistory>();
  private readonly known = new Map<number, Known>();
  private readonly firstSeenMs = new Map<number, number>();
  /** Siblings that fit together, by the left one, and since when. */
  private readonly lowSince = new Map<number, number>();
  private readonly forecaster = new Forecaster();
  private readonly alerts = new Alerts();
  private readonly silence = new Silence();
  private readonly costs = new ChangeCosts();
  private readonly fresh = new Set<number>();
  private pending: Pending | undefined;
  private notBeforeMs = 0;

  constructor(
    private readonly settings: ScalingSettings,
    private readonly isDryRun: boolean,
  ) {}

  /** Takes a measurement of a shard. @param offset where it is in metrics.shards */
  take(metrics: ShardMetrics, offset: number): void {
    const { shard, transactions } = metrics.figures;
    const history = this.histories.get(shard) ?? LoadHistory.empty(String(shard));
    this.histories.set(shard, history);
    history.add(metrics.at, (MILLI * transactions) / metrics.spanMs);
    this.known.set(shard, { metrics, offset });
    this.fresh.add(shard);
  }

  /** Takes what came of a decision that was made before this scaler began. */
  remember(outcome: ScalingOutcome): void {
    this.costs.add(outcome);
  }

  /** Histories of the shards that live, to learn from. */
  get lessons(): readonly LoadHistory[] {
    return [...this.histories.values()];
  }

  /** Says what is to be expected and done, as of now. */
  tick(topology: Topology, nowMs: number): Tick {
    this.follow(topology, nowMs);
    const fresh = new Set(this.fresh);
    this.fresh.clear();
    const live = new Map([...this.histories].filter(([shard]) => fresh.has(shard)));
    const said = this.forecaster.forecast(live, this.model);
    const forecasts = [...said].map(([shard, forecast]) => this.recordOf(shard, forecast));
    const alerts = [...said].flatMap(([shard, forecast]) =>
      this.alerts.of(this.known.get(shard)!.metrics, this.histories.get(shard)!, forecast.quantiles, nowMs),
    );
    alerts.push(...this.silence.of(topology.live, fresh, nowMs));
    const outcomes = this.settle(topology, fresh, nowMs);
    const decision = said.size > 0 ? this.decide(topology, said, nowMs) : undefined;
    if (decision) this.pending = new Pending(decision);
    return { forecasts, outcomes, alerts, decisions: decision ? [decision] : [] };
  }

  /** Takes on shards that began, with what their parents' load says of theirs, and forgets those that ended. */
  private follow(topology: Topology, nowMs: number): void {
    for (const { shard, parents } of topology.live) {
      if (this.firstSeenMs.has(shard)) continue;
      this.firstSeenMs.set(shard, parents.length === 0 ? Number.NEGATIVE_INFINITY : nowMs);
      const before = parents.flatMap((parent) => this.histories.get(parent) ?? []);
      if (before.length !== parents.length || parents.length === 0 || this.histories.has(shard)) continue;
      const share = parents.length === 1 ? 0.5 : 1;
      this.histories.set(shard, LoadHistory.inherited(String(shard), before, share));
      this.forecaster.inherit(shard, parents);
    }
    const live = new Set(topology.live.map(({ shard }) => shard));
    for (const map of [this.histories, this.known, this.firstSeenMs, this.lowSince])
      for (const shard of map.keys()) if (!live.has(shard)) map.delete(shard);
    this.forecaster.keepOnly(live);
    this.alerts.keepOnly(live);
  }

  private settle(topology: Topology, fresh: ReadonlySet<number>, nowMs: number): ScalingOutcome[] {
    const { pending } = this;
    if (!pending) return [];
    const { shards, epoch } = pending.decision;
    const heirs = topology.epoch > epoch ? topology.begunIn(epoch + 1).map(({ shard }) => shard) : [];
    const loads = [...shards, ...heirs].flatMap((shard) => this.histories.get(shard)?.last(1) ?? []);
    if (loads.length > 0)
      pending.measured(Math.round(MILLI * loads.reduce((sum, load) => sum + load, 0)), nowMs);
    for (const shard of [...shards, ...heirs]) {
      const metrics = fresh.has(shard) ? this.known.get(shard)?.metrics : undefined;
      if (metrics) pending.did(metrics.figures.transactions, metrics.spanMs, metrics.at);
    }
    const outcome = pending.outcome(topology, nowMs);
    if (!outcome) return [];
    this.pending = undefined;
    this.costs.add(outcome);
    if (outcome.result !== "DONE") this.notBeforeMs = nowMs + AGAIN_AFTER_MS;
    return [outcome];
  }

  private decide(
    topology: Topology,
    said: ReadonlyMap<number, Forecast>,
    nowMs: number,
  ): ScalingDecision | undefined {
    const views = topology.live.flatMap((place) => {
      const forecast = said.get(place.shard);
      const isKnown =
        forecast && !place.isBeginning && nowMs - this.known.get(place.shard)!.metrics.at < FRESH_MS;
      return isKnown ? [this.viewOf(place.shard, place.path, forecast, nowMs)] : [];
    });
    const merges = this.merges(views, nowMs);
    if (topology.isPaused || this.pending || nowMs < this.notBeforeMs) return undefined;
    const splits = topology.live.length < this.settings.shardsMax ? views : [];
    const wishes = splits.flatMap((view) => splitOf(view, this.settings, this.costs) ?? []);
    // One change an epoch: the most loaded first, merges only when nothing is to be split.
    const load = (wish: Wish) => this.loadOf(wish.shards);
    const [wish] = [...wishes.sort((a, b) => load(b) - load(a)), ...merges];
    return wish && this.decisionOf(wish, topology, said, nowMs);
  }

  private merges(views: readonly ShardView[], nowMs: number): Wish[] {
    const pairs = siblingPairs(views);
    const seen = new Set(views.map(({ shard }) => shard));
    const low = pairs.filter(([left, right]) => fitTogether(left, right, this.settings));
    for (const shard of seen) {
      const isLow = low.some(([left]) => left.shard === shard);
      if (!isLow) this.lowSince.delete(shard);
      else if (!this.lowSince.has(shard)) this.lowSince.set(shard, nowMs);
    }
    const afterMs = mergeAfterMs(this.settings, this.costs);
    return low.flatMap(([left, right]) => {
      const lowMs = nowMs - this.lowSince.get(left.shard)!;
      return lowMs >= afterMs ? [mergeOf(left, right, lowMs, this.settings)] : [];
    });
  }

  private viewOf(shard: number, path: string, forecast: Forecast, nowMs: number): ShardView {
    const { figures, capacity, spanMs } = this.known.get(shard)!.metrics;
    const recent = this.histories.get(shard)!.last(PRESENT_S);
    return {
      shard,
      path,
      ageMs: nowMs - this.firstSeenMs.get(shard)!,
      load: recent.reduce((sum, load) => sum + load, 0) / Math.max(1, recent.length),
      expected: this.expectedOf(forecast, "SPLIT"),
      expectedLater: this.expectedOf(forecast, "MERGE"),
      capacity,
      accounts: figures.accounts,
      stateBytes: figures.stateBytes,
      memoryBytes: figures.memoryBytes,
      value: figures.totalValue,
      contractCalls: (MILLI * figures.contractCalls) / spanMs,
      crossShare: figures.transactions > 0 ? figures.crossShard / figures.transactions : 0,
    };
  }

  /** By when a split decided now would be done, or a merge decided now undone. */
  private expectedOf({ quantiles }: Forecast, kind: Wish["kind"]): number {
    const { costs } = this;
    const changeMs = kind === "SPLIT" ? costs.of("SPLIT").tookMs : costs.mergeUndoneMs;
    return quantileOf(quantiles, targetCovering(changeMs));
  }

  private loadOf(shards: readonly number[]): number {
    return shards.reduce((sum, shard) => sum + (this.histories.get(shard)?.last(1)[0] ?? 0), 0);
  }

  private decisionOf(
    { kind, shards, rule, reason }: Wish,
    topology: Topology,
    said: ReadonlyMap<number, Forecast>,
    nowMs: number,
  ): ScalingDecision {
    const forecasts = shards.map((shard) => said.get(shard)!);
    const isForecast = this.settings.looksAt === "forecast" && (rule === "FORECAST_LOAD" || kind === "MERGE");
    const expected = forecasts.reduce((sum, forecast) => sum + this.expectedOf(forecast, kind), 0);
    const sources = [...new Set(forecasts.map(({ source }) => this.nameOf(source)))].join(", ");
    const isNetwork = forecasts.some(({ source }) => source === "network");
    return {
      ...{
        kind,
        shards: [...shards],
        epoch: topology.epoch,
        at: nowMs,
        isDryRun: this.isDryRun,
        rule,
        reason,
      },
      loadMilli: Math.round(MILLI * this.loadOf(shards)),
      forecastMilli: isForecast ? Math.round(MILLI * expected) : -1,
      capacity: this.known.get(shards[0]!)!.metrics.capacity,
      source: isForecast ? sources : "",
      model: isForecast && isNetwork ? this.model!.hash : "",
      inputs: shards.map((shard) => ({ shard, offset: this.known.get(shard)!.offset })),
      costMilli: Math.round(shardMsOf(kind, this.costs)),
    };
  }

  private nameOf(source: Forecast["source"]): string {
    return source === "network" ? this.model!.network.settings.architecture : source;
  }

  private recordOf(shard: number, { source, reason, quantiles }: Forecast): LoadForecast {
    const history = this.histories.get(shard)!;
    return {
      shard,
      at: history.atMs,
      loadMilli: Math.round(MILLI * history.last(1)[0]!),
      source: this.nameOf(source),
      model: source === "network" ? this.model!.hash : "",
      reason,
      quantiles: OUTPUTS.map(({ target, level }, at) => ({
        fromSeconds: TARGETS[target]!.from,
        toSeconds: TARGETS[target]!.to,
        levelPpm: Math.round(MILLIONTHS * level),
        loadMilli: Math.round(MILLI * quantiles[at]!),
      })),
    };
  }
}
