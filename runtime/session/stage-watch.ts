import type { TopicName } from "../../topics/catalogue.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { StageDefinition } from "../driver/environment.js";
import type { OpenEnvironment } from "../process/environment.js";
import { finalizeStage } from "../stages/finalize.js";
import { notifyStage, relayStage } from "../stages/simple.js";
import type { Following } from "./follow.js";

/** How long an answer is good for, in milliseconds: pages ask every second. */
const CACHED_MS = 1_000;

/** How a stage (or a validator) is doing, as its consumer group shows. */
export interface WatchedStage {
  readonly stage: string;
  readonly state: "starting" | "running" | "stopped";
  readonly lagRecords: number;
}

type Group = Pick<StageDefinition, "group" | "inputs">;

/** Consumer groups of all stages of a network, in processing order. */
function groupsOf({ network }: OpenEnvironment): Group[] {
  const chain: readonly TopicName[] = ["shard.log", "shard.finalized"];
  return [
    { group: "validate", inputs: ["transactions"] },
    { group: "shard-assign", inputs: ["transactions.validated"] },
    { group: "execute", inputs: chain },
    ...network.genesis.validators.map(({ validator }) => ({ group: `vote-${validator}`, inputs: chain })),
    finalizeStage,
    relayStage,
    notifyStage,
  ];
}

/** Watches consumer groups: members, and how many records they have not taken in. */
export class StageWatch {
  private cached: { atMs: number; answer: Promise<WatchedStage[]> } | undefined;

  constructor(private readonly environment: OpenEnvironment) {}

  /** All stages; asks the broker at most once a second. */
  stages(): Promise<WatchedStage[]> {
    const nowMs = Date.now();
    if (!this.cached || nowMs - this.cached.atMs > CACHED_MS)
      this.cached = { atMs: nowMs, answer: this.ask() };
    return this.cached.answer;
  }

  private async ask(): Promise<WatchedStage[]> {
    const { admin, network } = this.environment;
    const prefix = network.genesis.network;
    const groups = groupsOf(this.environment);
    const names = [...new Set(groups.flatMap(({ inputs }) => inputs))];
    const ends = new Map<TopicName, Map<number, number>>();
    const described = admin.describeGroups(groups.map(({ group }) => `${prefix}.${group}`));
    for (const name of names) {
      const offsets = await admin.fetchTopicOffsets(topicOnCluster(prefix, name));
      ends.set(name, new Map(offsets.map(({ partition, high }) => [partition, Number(high)])));
    }
    const states = (await described).groups;
    return Promise.all(
      groups.map(async ({ group, inputs }) => {
        const groupId = `${prefix}.${group}`;
        const found = states.find((state) => state.groupId === groupId);
        const state = !found?.members.length ? "stopped" : found.state === "Stable" ? "running" : "starting";
        const topics = inputs.map((input) => topicOnCluster(prefix, input));
        const committed = await admin.fetchOffsets({ groupId, topics });
        let lagRecords = 0;
        for (const input of inputs) {
          const partitions = committed.find(
            ({ topic }) => topic === topicOnCluster(prefix, input),
          )?.partitions;
          for (const [partition, end] of ends.get(input) ?? []) {
            const at = Number(partitions?.find((entry) => entry.partition === partition)?.offset ?? 0);
            lagRecords += Math.max(0, end - Math.max(0, at));
          }
        }
        return { stage: group, state, lagRecords };
      }),
    );
  }

  /** How far taps are behind the end of their topics, in records. */
  async lagOf(
    followings: ReadonlyMap<TopicName, Following>,
  ): Promise<{ topic: string; lagRecords: number }[]> {
    const { admin, network } = this.environment;
    return Promise.all(
      Array.from(followings, async ([name, { positions }]) => {
        const topic = topicOnCluster(network.genesis.network, name);
        const offsets = await admin.fetchTopicOffsets(topic);
        const lag = offsets.map(({ partition, high }) => Number(high) - (positions.get(partition) ?? 0));
        return { topic, lagRecords: lag.reduce((sum, records) => sum + Math.max(0, records), 0) };
      }),
    );
  }
}
