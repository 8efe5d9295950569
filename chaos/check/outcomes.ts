import { transactionIdOf } from "../../ledger/transaction/index.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Submitted } from "../load/submitted.js";
import { type EffectPlace, outOfOrder } from "./order.js";

/** How many examples of one kind of fault are named. */
const EXAMPLES_MAX = 5;

/** What the topics say became of what was published. */
export interface Outcomes {
  /** Acknowledged publications without a last status, and transactions that had to take effect and didn't. */
  readonly lost: number;
  /** Transactions that took effect more than once. */
  readonly duplicated: number;
  /** What is wrong, a sentence each. */
  readonly wrong: readonly string[];
}

/** Last statuses by `partition:offset`, and where each transaction took effect, by transaction id. */
interface Told {
  readonly statuses: ReadonlyMap<string, ReadonlySet<string>>;
  readonly places: ReadonlyMap<string, ReadonlySet<string>>;
  /** Where what was submitted at `partition:offset` took effect. */
  readonly effects: ReadonlyMap<string, EffectPlace>;
}

/** Compares what the load published with what a fresh reader finds in `transactions` and `notifications`. */
export async function checkOutcomes(
  environment: OpenEnvironment,
  submitted: readonly Submitted[],
): Promise<Outcomes> {
  const { statuses, places, effects } = await readStatuses(environment);
  const lost = new Set<string>();
  const otherwise: string[] = [];
  for (const { publication, tracked } of submitted) {
    const { partition, offset } = tracked.submission;
    const place = `${partition}:${offset}`;
    const found = [...(statuses.get(place) ?? [])];
    if (found.length === 0) lost.add(place);
    const { content, expectation } = publication;
    if (expectation.kind === "rejected" && found.join() !== `REJECTED ${expectation.code}`)
      otherwise.push(`${place} ended as ${found.join()}, not REJECTED ${expectation.code}`);
    if (expectation.kind === "applied" && "transaction" in content) {
      const id = transactionIdOf(content.transaction).toString("hex");
      if (!places.has(id)) lost.add(`transaction ${id}`);
      if (found.some((status) => status.startsWith("REFUNDED")))
        otherwise.push(`${place} ended as ${found.join()}, not as applied`);
    }
  }
  for (const [place, found] of statuses) {
    if (found.size > 1) otherwise.push(`${place} ended in more than one way: ${[...found].join(", ")}`);
    // A publication whose acknowledgement was lost counts too: it is in the log.
    if (found.size === 0) lost.add(place);
  }
  const twice = [...places].filter(([, where]) => where.size > 1).map(([id]) => id);
  return {
    lost: lost.size,
    duplicated: twice.length,
    wrong: [
      ...some("without a last status, or without effect", [...lost]),
      ...some("took effect twice", twice),
      ...some("ended otherwise", otherwise),
      ...some(
        "out of order",
        outOfOrder(submitted, environment.network.rules, (source) => effects.get(source)),
      ),
    ],
  };
}

function some(what: string, all: readonly string[]): string[] {
  return all.length === 0 ? [] : [`${all.length} ${what}, e.g. ${all.slice(0, EXAMPLES_MAX).join("; ")}`];
}

async function readStatuses(environment: OpenEnvironment): Promise<Told> {
  const statuses = new Map<string, Set<string>>();
  const places = new Map<string, Set<string>>();
  const effects = new Map<string, EffectPlace>();
  const settlements = new Map<string, Set<string>>();
  const across = new Map<string, string>();
  for await (const { partition, offset } of recordsOf(environment, "transactions"))
    statuses.set(`${partition}:${offset}`, new Set());
  for await (const record of recordsOf(environment, "notifications")) {
    const notification = read("Notification", record);
    if (!notification) continue;
    const { event, code, applied, crossShard, shard, height, sourcePartition, sourceOffset } = notification;
    const id = notification.transactionId?.toString("hex") ?? "";
    const place = `${sourcePartition}:${sourceOffset}`;
    if (event === "PRE_CONFIRMED") continue;
    if (event === "COMPLETED" || event === "REFUNDED") add(settlements, id, `${event} ${code}`);
    else if (event === "FINAL" && crossShard && applied) across.set(place, id);
    else add(statuses, place, `${event} ${code}`.trimEnd());
    if (event !== "FINAL" || !applied) continue;
    add(places, id, `${shard}/${height}`);
    effects.set(place, { epoch: environment.network.topology.shard(shard).epoch, height });
  }
  for (const [place, id] of across)
    for (const settlement of settlements.get(id) ?? []) add(statuses, place, settlement);
  return { statuses, places, effects };
}

function add(to: Map<string, Set<string>>, name: string, text: string): void {
  const texts = to.get(name);
  if (texts) texts.add(text);
  else to.set(name, new Set([text]));
}

async function* recordsOf(environment: OpenEnvironment, name: TopicName): AsyncGenerator<InputRecord> {
  const { admin, reader, network } = environment;
  const topic = topicOnCluster(network.genesis.network, name);
  for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
    for await (const records of reader.readToEnd(name, topic, partition, Number(low))) yield* records;
  }
}
