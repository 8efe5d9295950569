import type { Draft } from "./draft.js";
import { MAIN_CHAIN, type ModelNetwork, PREFIX_BITS_MAX } from "./network.js";
import type {
  ShardPlace,
  ShardStatus,
  TopologyChange,
  TopologyProposal,
  TopologyState,
} from "./topology-records.js";

const VALIDATORS_MIN = 4;
const REASON_CHARACTERS_MAX = 200;

/** Why a proposal changes nothing, or what it changes; nothing where it is a switch. */
export type Verdict = { readonly refusal: string } | { readonly change: TopologyChange | undefined };

/** The shard tree, which is part of the main chain's state and changed by entries of its log only. */
export class ShardTree {
  private state: TopologyState;
  private isToWrite = false;

  constructor(private readonly network: ModelNetwork) {
    const places = network.places.filter(({ shard }) => shard !== MAIN_CHAIN);
    const highest = (of: (place: ShardPlace) => number) => Math.max(...network.places.map(of));
    this.state = {
      epoch: 0,
      isPaused: false,
      switchedAt: 0,
      nextShard: highest(({ shard }) => shard) + 1,
      nextPartition: highest(({ partition }) => partition) + 1,
      shards: places.map((place) => ({ place, phase: "ACTIVE", since: 0, ended: -1 })),
    };
  }

  get value(): TopologyState {
    return this.state;
  }

  /** Shards that own accounts. */
  get owners(): ShardPlace[] {
    return this.state.shards.filter(({ phase }) => phase !== "ENDING").map(({ place }) => place);
  }

  /** @param bits that the account's placement begins with */
  ownerOf(bits: string): ShardPlace {
    return this.owners.find(({ prefix }) => bits.startsWith(prefix))!;
  }

  private change(change: Partial<TopologyState>): void {
    this.state = { ...this.state, ...change };
    this.isToWrite = true;
  }

  /** Judges a proposal that the operator signed, and carries it out. @param time main-chain time, in milliseconds since 1970 */
  propose(proposal: TopologyProposal, time: number): Verdict {
    const { kind, shards, createdAt, reason } = proposal;
    if (reason.length > REASON_CHARACTERS_MAX) return { refusal: "REASON_TOO_LONG" };
    const isSwitch = kind === "PAUSE" || kind === "RESUME";
    const count = isSwitch ? 0 : kind === "SPLIT" ? 1 : 2;
    if (shards.length !== count) return { refusal: "WRONG_SHARD_COUNT" };
    if (isSwitch) {
      if (createdAt <= this.state.switchedAt) return { refusal: "STALE_SWITCH" };
      this.change({ isPaused: kind === "PAUSE", switchedAt: createdAt });
      return { change: undefined };
    }
    const refusal = this.refusalOf(proposal, time);
    if (refusal !== undefined) return { refusal };
    const ended = shards.map((shard) => this.statusOf(shard)!.place);
    const begun = kind === "SPLIT" ? this.halves(ended[0]!) : [this.whole(ended[0]!, ended[1]!)];
    if (this.owners.length - ended.length + begun.length > this.network.genesis.parameters.shardsMax)
      return { refusal: "TOO_MANY_SHARDS" };
    const change: TopologyChange = { epoch: this.state.epoch + 1, kind, ended: shards, begun };
    this.carryOut(change, time);
    return { change };
  }

  /** The first thing that stands against a split or merge, but for the number of shards after it. */
  private refusalOf({ kind, shards, epoch }: TopologyProposal, time: number): string | undefined {
    const { parameters, validators } = this.network.genesis;
    if (epoch !== this.state.epoch) return "STALE_EPOCH";
    if (this.state.isPaused) return "PAUSED";
    if (validators.length < VALIDATORS_MIN) return "TOO_FEW_VALIDATORS";
    const named = shards.map((shard) => this.statusOf(shard));
    if (named.includes(undefined)) return "UNKNOWN_SHARD";
    const found = named as ShardStatus[];
    if (found.some(({ phase }) => phase !== "ACTIVE")) return "SHARD_BUSY";
    const isWarm = ({ place, since }: ShardStatus) =>
      place.epoch > 0 && time - since < parameters.reshardCooldownMs;
    if (found.some(isWarm)) return "COOLING_DOWN";
    const [left, right] = found.map(({ place }) => place);
    if (kind === "SPLIT") return left!.prefix.length < PREFIX_BITS_MAX ? undefined : "TOO_DEEP";
    const parent = parentPath(left!.path, 1);
    return parent !== undefined && parent === parentPath(right!.path, 2) ? undefined : "NOT_SIBLINGS";
  }

  private statusOf(shard: number): ShardStatus | undefined {
    return this.state.shards.find(({ place }) => place.shard === shard);
  }

  private halves({ shard, path, prefix }: ShardPlace): ShardPlace[] {
    const { epoch, nextShard, nextPartition } = this.state;
    return [0, 1].map((bit) => ({
      shard: nextShard + bit,
      path: `${path}.${bit + 1}`,
      prefix: `${prefix}${bit}`,
      partition: nextPartition + bit,
      epoch: epoch + 1,
      parents: [shard],
    }));
  }

  private whole(left: ShardPlace, right: ShardPlace): ShardPlace {
    const { epoch, nextShard, nextPartition } = this.state;
    return {
      shard: nextShard,
      path: left.path.slice(0, left.path.lastIndexOf(".")),
      prefix: left.prefix.slice(0, -1),
      partition: nextPartition,
      epoch: epoch + 1,
      parents: [left.shard, right.shard],
    };
  }

  private carryOut({ epoch, ended, begun }: TopologyChange, since: number): void {
    const { shards, nextShard, nextPartition } = this.state;
    this.change({
      epoch,
      nextShard: nextShard + begun.length,
      nextPartition: nextPartition + begun.length,
      shards: [
        ...shards.map((status) =>
          ended.includes(status.place.shard)
            ? { ...status, phase: "ENDING" as const, since, ended: epoch }
            : status,
        ),
        ...begun.map((place) => ({ place, phase: "BEGINNING" as const, since, ended: -1 })),
      ],
    });
  }

  /** A bundle of a shard came in. @param hasEnded whether nothing more comes from it */
  heard(shard: number, hasEnded: boolean, since: number): void {
    const { shards } = this.state;
    const status = this.statusOf(shard);
    if (status?.phase === "BEGINNING")
      this.change({
        shards: shards.map((one) => (one === status ? { ...one, phase: "ACTIVE", since } : one)),
      });
    // Where validators certified what the rules don't say, one may end that has not been told to.
    if (hasEnded && status?.phase === "ENDING")
      this.change({ shards: this.state.shards.filter(({ place }) => place.shard !== shard) });
  }

  /** Before the block ends. */
  finish(draft: Draft): void {
    if (this.isToWrite)
      draft.touched.set(this.network.topologyKey, { is: "TopologyState", value: this.state });
    this.isToWrite = false;
  }
}

/** Path of the shard that one with this path is the first or second half of. */
function parentPath(path: string, half: 1 | 2): string | undefined {
  const end = `.${half}`;
  return path.length > end.length && path.endsWith(end) ? path.slice(0, -end.length) : undefined;
}
