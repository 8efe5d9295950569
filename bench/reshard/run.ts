import { pause } from "../../runtime/embedded/time.js";
import { partitionByKey } from "../../runtime/kafka/partition-by-key.js";
import { signatureLimitTps } from "../../runtime/session/signature-rate.js";
import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import type { Skew } from "../load/load.js";
import { SignedPool } from "../load/source.js";
import { signatureRate } from "../measure/signature-rate.js";
import { LoadClient } from "../pipeline/client.js";
import { openBenchCluster } from "../pipeline/cluster.js";
import { fullLoad } from "../pipeline/full-load.js";
import { type ShardCount, startBenchNetwork } from "../pipeline/network.js";
import { FIRST_TRANSACTIONS, untilAtWork } from "../pipeline/ready.js";
import { ledgerLoad, ledgerTarget } from "../pipeline/target.js";
import { type TimedChange, timedChange } from "./change.js";
import { type ChangeReport, changeReport, EARLIER_MS, type SecondReport, secondsReport } from "./figures.js";
import { Journal } from "./journal.js";
import { orderOf } from "./order.js";

export interface ReshardOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  /** In the shard that is split; the others have about as many each. */
  readonly accounts: number;
  /** At genesis, besides the main chain. */
  readonly shards: ShardCount;
  readonly skew: Skew;
  readonly crossShare: number;
  readonly seed: number;
  /** Transactions a second; undefined: half of what ends at full load, which is measured first. */
  readonly rate?: number | undefined;
  /** Of the measurement at full load. */
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
  /** Before the split, between the changes, and after the merge. */
  readonly aroundSeconds: number;
  readonly fsync: boolean;
  readonly say: (line: string) => void;
}

/** What a split and a merge under a steady load did to those who send. */
export interface ReshardReport {
  readonly scenario: "reshard";
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly shards: number;
  /** Of all shards, and of the one that was split. */
  readonly accounts: number;
  readonly splitAccounts: number;
  readonly skew: Skew;
  readonly crossShare: number;
  readonly seed: number;
  readonly fsync: boolean;
  /** What ended a second at full load; null where the rate was given. */
  readonly fullLoadTps: number | null;
  readonly rate: number;
  /** Whether the machine kept up with the load before the split; where not, the figures say little. */
  readonly isSteady: boolean;
  readonly split: ChangeReport;
  readonly merge: ChangeReport;
  readonly submitted: number;
  /** Never ended. */
  readonly lost: number;
  readonly refused: Record<string, number>;
  /** Transactions with an earlier one of the same sender, and those of them that took effect before it. */
  readonly followers: number;
  readonly reordered: number;
  /** Transfers to another shard that came back. */
  readonly refunded: number;
  /** By second of submission, from the beginning of the steady load on. */
  readonly seconds: readonly SecondReport[];
}

/** Half load, as the aim has it. */
const LOAD_SHARE = 0.5;
/** So long the load has to be steady before anything is measured, in milliseconds. */
const SETTLE_MS = 3_000;
/** Steady: no more is under way than is sent in so long a time; and so long it may take to become so, in milliseconds. */
const STEADY_MS = 2_500;
const STEADY_WAIT_MS = 120_000;
/** So long the two changes may take in all before transactions are signed on the way, in milliseconds. */
const SIGNED_CHANGES_MS = 30_000;
const LOOK_MS = 50;

/** Splits a shard under a steady load, later merges its halves, and measures what senders notice. */
export async function runReshard(options: ReshardOptions): Promise<ReshardReport> {
  const { validators, scheme, shards, skew, crossShare, seed, fsync, say } = options;
  say(`making ${options.accounts * shards} accounts`);
  const accounts = loadAccounts(options.accounts * shards, scheme, seed);
  const cluster = await openBenchCluster({ fsync, say });
  try {
    const plan = {
      validators,
      accounts: genesisAccounts(accounts),
      shards,
      parameters: { reshardCooldownMs: 0 },
    };
    const network = await startBenchNetwork(cluster, plan, say);
    const { environment } = network;
    const genesisTopology = environment.network.topology;
    const shardOf = accounts.map(({ id }) => genesisTopology.shardOf(id));
    // The largest one has no fewer than were asked for.
    const count = (shard: number) => shardOf.filter((of) => of === shard).length;
    const [largest] = genesisTopology.live
      .map(({ shard }) => ({ shard, size: count(shard) }))
      .sort((a, b) => b.size - a.size);
    const { shard: splitShard, size: splitAccounts } = largest!;

    const pool = new SignedPool(ledgerLoad(environment, { accounts, skew, crossShare, seed }));
    const indexes = new Map(accounts.map(({ id }, index) => [id.toString("latin1"), index]));
    const target = ledgerTarget(environment, (notification, nowMs) => journal.seen(notification, nowMs));
    const journal: Journal = new Journal(
      pool,
      target.partitions,
      partitionByKey(target.topic, target.partitions),
      (id) => indexes.get(id.toString("latin1"))!,
    );
    const client = new LoadClient(target, journal);
    await client.start();
    pool.sign(FIRST_TRANSACTIONS);
    await untilAtWork(network, client, say);

    pool.endless = true;
    let fullLoadTps: number | null = null;
    if (options.rate === undefined) {
      const limitTps = signatureLimitTps(signatureRate(scheme), validators);
      pool.sign(Math.ceil(limitTps * (options.warmUpSeconds + options.measureSeconds)));
      fullLoadTps = Math.round((await fullLoad(client, network, options)).endedTps);
      await client.drain();
    }
    const rate = options.rate ?? Math.round(fullLoadTps! * LOAD_SHARE);
    const aroundMs = options.aroundSeconds * 1_000;
    const signed = Math.ceil((rate * (SETTLE_MS + 3 * aroundMs + SIGNED_CHANGES_MS)) / 1_000);
    say(`signing ${signed} transactions`);
    pool.sign(signed);

    say(`${rate} a second from now on; shard ${splitShard} with ${splitAccounts} accounts will split`);
    const startMs = Date.now();
    const load = client.pace(rate, Number.POSITIVE_INFINITY);
    // Where the load fails, the changes needn't be waited for.
    const failed = load.then(() => new Promise<never>(() => undefined));
    const wait = (ms: number) => Promise.race([failed, pause(ms)]);
    const change = async (kind: TimedChange["kind"], numbers: readonly number[]) => {
      const done = await Promise.race([
        failed,
        timedChange(environment, cluster.settings.registry, kind, numbers),
      ]);
      say(`${kind.toLowerCase()}: active ${done.activeMs - done.proposedMs} ms after it was proposed`);
      return done;
    };
    const isSteady = await Promise.race([failed, untilSteady(client, rate)]);
    if (!isSteady) say("the load is more than this machine takes now: what follows says little");
    const fromMs = Date.now();
    await wait(aroundMs);
    const split = await change("SPLIT", [splitShard]);
    await wait(aroundMs);
    const merge = await change("MERGE", split.begun);
    await wait(aroundMs);
    const endMs = Date.now();
    journal.isClosed = true;
    await load;
    // What doesn't end is counted as lost, and told as such.
    await client.drain().catch((error: unknown) => say(String(error)));

    const { submissions } = client;
    const finals = journal.finals(submissions);
    const isOfShard = (sender: number) => shardOf[sender] === splitShard;
    const measured = { finals, isOfShard, spans: journal.spans };
    const { followers, reordered } = orderOf(journal.effects(environment.network.topology));
    const report: ReshardReport = {
      scenario: "reshard",
      validators,
      scheme,
      shards,
      accounts: accounts.length,
      splitAccounts,
      skew,
      crossShare,
      seed,
      fsync,
      fullLoadTps,
      rate,
      isSteady,
      split: changeReport(split, measured, fromMs, merge.proposedMs - EARLIER_MS),
      merge: changeReport(merge, measured, split.activeMs + aroundMs / 2, endMs),
      submitted: submissions.sentCount,
      lost: submissions.pending,
      refused: Object.fromEntries(submissions.refused),
      followers,
      reordered,
      refunded: journal.refundedCount,
      seconds: secondsReport(finals, isOfShard, startMs, endMs),
    };
    await client.stop();
    await network.stop();
    return report;
  } finally {
    await cluster.stop();
  }
}

/** Waits until a network keeps up with a steady load, as one does that has just started only after a while. */
async function untilSteady({ submissions }: LoadClient, rate: number): Promise<boolean> {
  const untilMs = Date.now() + STEADY_WAIT_MS;
  let sinceMs = Date.now();
  while (Date.now() < untilMs) {
    if (Date.now() - sinceMs >= SETTLE_MS) return true;
    await pause(LOOK_MS);
    if (submissions.pending > (rate * STEADY_MS) / 1_000) sinceMs = Date.now();
  }
  return false;
}
