import { signProposal } from "../../ledger/resharding/proposal.js";
import { codec, fromWire, toWire } from "../../schemas/codec.js";
import type { ShardTopology, TopologyProposal } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { Broker } from "../kafka/broker.js";
import type { Random } from "../kernel/random.js";
import type { Scheduler } from "../kernel/scheduler.js";
import { OPERATOR_KEY, type TestNetwork } from "./network.js";
import { SCHEMA_IDS } from "./topics.js";

/** How long after one proposal the next comes at least and at most, in milliseconds. */
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 900;
/** Of proposals, the share that is made to be refused: of an older epoch, for a shard that isn't, with a wrong signature. */
const WRONG_SHARE = 0.15;

/** An operator, or a scaler: proposes splits and merges at random moments, by what the topic topology says. */
export class Resharder {
  private readonly shards = new Map<number, ShardTopology>();

  constructor(
    private readonly net: TestNetwork,
    private readonly broker: Broker,
    private readonly scheduler: Scheduler,
    private readonly random: Random,
  ) {
    for (const place of net.network.topology.live)
      this.shards.set(place.shard, {
        ...{ shard: place.shard, path: place.path, prefix: place.prefix, partition: place.partition },
        ...{ epoch: 0, parents: [], phase: "ACTIVE", ended: -1, since: 0, isPaused: false },
      });
  }

  /** A record of the topic topology has become readable. */
  heard(value: Buffer | null): void {
    const wire = fromWire(value);
    const shard = wire && codec("ShardTopology").decode(wire.avroBytes);
    if (shard) this.shards.set(shard.shard, shard);
  }

  /** Proposes until the load is over. */
  start(durationMs: number): void {
    const endMs = this.scheduler.nowMs + durationMs;
    const next = () => {
      this.scheduler.after(this.random.between(PAUSE_MS_MIN, PAUSE_MS_MAX), "propose", () => {
        if (this.scheduler.nowMs > endMs) return;
        if (!this.broker.isDown) this.propose();
        next();
      });
    };
    next();
  }

  /** Whether every change that was decided is done. */
  get isSettled(): boolean {
    return [...this.shards.values()].every(({ phase }) => phase !== "BEGINNING");
  }

  private propose(): void {
    const { random } = this;
    const shards = [...this.shards.values()];
    const active = shards.filter(({ phase }) => phase === "ACTIVE");
    const epoch = Math.max(...shards.map((shard) => Math.max(shard.epoch, shard.ended)));
    const pairs = active.flatMap((left) => {
      const right = active.find(
        ({ path }) => left.path.endsWith(".1") && path === `${left.path.slice(0, -1)}2`,
      );
      return right ? [[left.shard, right.shard]] : [];
    });
    const isMerge = pairs.length > 0 && random.chance(0.45);
    const kind = isMerge ? "MERGE" : "SPLIT";
    const named = isMerge ? random.pick(pairs) : active.length > 0 ? [random.pick(active).shard] : [];
    const isWrong = random.chance(WRONG_SHARE);
    const way = random.below(3);
    const what: Omit<TopologyProposal, "signature"> = {
      genesis: this.net.network.hash,
      kind,
      shards: isWrong && way === 0 ? [9_999] : named,
      epoch: isWrong && way === 1 ? epoch + 1 : epoch,
      createdAt: Math.floor(this.scheduler.nowMs),
      reason: "simulated",
    };
    const signed = signProposal(what, OPERATOR_KEY);
    if (isWrong && way === 2) signed.signature[3]! ^= 1;
    const value = toWire(SCHEMA_IDS.get("topology.proposals")!, codec("TopologyProposal").encode(signed));
    const topic = topicOnCluster(this.net.network.genesis.network, "topology.proposals");
    this.broker.append(topic, 0, { key: null, value });
  }
}
