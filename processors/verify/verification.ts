import type { PlantedRules } from "../../ledger/block/executed-block.js";
import { Conservation } from "../../ledger/conservation.js";
import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import type { ShardPlace } from "../../schemas/generated.js";
import { TopologyCheck } from "./check-topology.js";
import type { Difference, Refusal } from "./difference.js";
import { type ChainInputs, followedRanges } from "./inputs.js";
import { ShardReplay } from "./replay.js";
import { Senders } from "./senders.js";
import { ShardTree } from "./shard-tree.js";
import { ShardVerifier } from "./shard-verifier.js";
import type { ChainSource, OffsetRange } from "./source.js";
import { genesisStart, inheritedStart, type ShardStart } from "./start.js";
import { StateTable } from "./state-table.js";

export interface VerificationOptions {
  readonly network: Network;
  readonly source: ChainSource;
  readonly inputs: ChainInputs;
  readonly starts: ReadonlyMap<number, ShardStart>;
  readonly onSignature: () => void;
  readonly planted?: PlantedRules;
}

/** Why it ends before all logs are read. */
export type Stop = Difference | Refusal;

const NOTHING: OffsetRange = { low: 0, high: 0 };

/**
 * The replays of all shards together. A shard that a change began comes in once the main chain's replay has decided that and its
 * parents' replays have ended; one with a start of its own needs no parents.
 */
export class Verification {
  readonly conservation: Conservation;
  private readonly verifiers = new Map<number, ShardVerifier>();
  /** Shards that begin once their parents have ended. */
  private readonly waiting = new Map<number, ShardPlace>();
  private readonly tree: ShardTree;
  private readonly topology: TopologyCheck;
  private readonly senders: Senders;
  private readonly isWhole: boolean;

  constructor(private readonly options: VerificationOptions) {
    const { network, starts, inputs } = options;
    this.isWhole = [...starts.values()].every(({ position }) => position.height === 0);
    this.conservation = new Conservation(this.isWhole);
    const mainStart = starts.get(MAIN_CHAIN) ?? genesisStart(network, MAIN_CHAIN);
    this.tree = new ShardTree(network, mainStart);
    const shown = inputs.tables.get(MAIN_CHAIN)!.height;
    this.topology = new TopologyCheck(network, inputs.topology, shown, mainStart);
    this.senders = new Senders((shard) => this.isPast(shard));
  }

  /** By the order in which they began. */
  get shards(): readonly ShardVerifier[] {
    return [...this.verifiers.values()];
  }

  /** Records of all logs that the topic topology names. */
  get recordsTotal(): number {
    let total = 0;
    for (const [shard, { low, high }] of this.options.inputs.logs)
      total += high - (this.options.starts.get(shard)?.position.nextOffset ?? low);
    return total;
  }

  /** Executes all logs to their ends. */
  async run(progress: (done: number) => void): Promise<Stop | undefined> {
    for (const place of this.tree.live) {
      const stop = await this.want(place);
      if (stop) return stop;
    }
    const done = new Set<ShardVerifier>();
    for (;;) {
      const open = this.shards.filter((verifier) => !done.has(verifier));
      if (open.length === 0) break;
      const free = open.filter(({ replay }) => !replay.isWaiting);
      // All wait: what they wait for is void, was never sent, or came after the other logs' ends.
      const isStuck = free.length === 0;
      const next = earliest(isStuck ? open : free);
      const turn = await next.replay.turn(isStuck);
      if (turn.kind === "difference") return turn.difference;
      if (turn.kind === "block") {
        const stop = (await next.block(turn.block)) ?? (await this.follow(next.shard, turn.block));
        if (stop) return stop;
      }
      if (turn.kind === "end") {
        done.add(next);
        const stop = next.replay.hasEnded ? await this.beginWaiting() : undefined;
        if (stop) return stop;
      }
      progress(this.shards.reduce((sum, { replay }) => sum + replay.recordsTaken, 0));
    }
    for (const verifier of this.shards) {
      const difference = await verifier.finish();
      if (difference) return difference;
    }
    return this.topology.finish();
  }

  /** What all shards hold: that of an ended one is counted in those after it. */
  get held(): { least: bigint; most: bigint } {
    const replaced = new Set(this.shards.flatMap(({ place }) => place.parents));
    const states = this.shards.filter(({ shard }) => !replaced.has(shard));
    return this.conservation.total(states.map(({ replay }) => replay.state.values));
  }

  private async follow(
    shard: number,
    block: Parameters<ShardTree["block"]>[0] & Parameters<TopologyCheck["block"]>[0],
  ): Promise<Stop | undefined> {
    if (shard !== MAIN_CHAIN) return undefined;
    this.topology.block(block);
    for (const place of this.tree.block(block)) {
      const stop = await this.want(place);
      if (stop) return stop;
    }
    return undefined;
  }

  /** Begins a shard now, or once its parents have ended. */
  private async want(place: ShardPlace): Promise<Stop | undefined> {
    const { shard, parents } = place;
    if (this.verifiers.has(shard) || this.waiting.has(shard)) return undefined;
    const own = this.options.starts.get(shard);
    if (own) return this.begin(place, own);
    if (parents.length === 0) return this.begin(place, genesisStart(this.options.network, shard));
    this.waiting.set(shard, place);
    for (const parent of parents) {
      const found = this.placeOf(parent);
      if (!found) return { code: "PARENT_UNKNOWN", shard };
      const stop = await this.want(found);
      if (stop) return stop;
    }
    return this.beginWaiting();
  }

  private placeOf(shard: number): ShardPlace | undefined {
    const { topology } = this.options.network;
    return this.tree.place(shard) ?? (topology.has(shard) ? topology.shard(shard) : undefined);
  }

  /** Begins those whose parents have ended. */
  private async beginWaiting(): Promise<Stop | undefined> {
    for (const [shard, place] of this.waiting) {
      const parents = place.parents.map((parent) => this.verifiers.get(parent)).filter((parent) => !!parent);
      if (parents.length < place.parents.length || !parents.every(({ replay }) => replay.hasEnded)) continue;
      this.waiting.delete(shard);
      const ended = parents.map(({ replay }) => replay.endedState);
      const stop = await this.begin(place, inheritedStart(place, ended), inheritedTree(place, parents));
      if (stop) return stop;
    }
    return undefined;
  }

  private async begin(place: ShardPlace, start: ShardStart, tree?: StateTree): Promise<Stop | undefined> {
    const { network: given, source, inputs, onSignature, planted } = this.options;
    const { shard, partition } = place;
    if (given.topology.has(shard) && !isSame(given.topology.shard(shard), place)) return placeDiffers(shard);
    const network = this.tree.place(shard) ? { ...given, topology: this.tree.topology } : given;
    // One that the topic topology didn't have yet: no more than its beginning is looked at.
    const isRead = inputs.partitions.get(shard) === partition;
    const { low, high } = inputs.logs.get(shard) ?? NOTHING;
    const log = { low: start.position.nextOffset, high };
    if (low > log.low) return { code: "LOG_TRIMMED", shard, firstOffset: low };
    const replay = new ShardReplay({
      ...{ network, shard, start, senders: this.senders, onSignature },
      records: isRead ? source.read("shard.log", partition, log) : nothing(),
      explainedEnd: inputs.explained.get(shard)?.high ?? 0,
      ...(planted && { planted }),
    });
    const isGenesis = place.parents.length === 0;
    const verifier = new ShardVerifier({
      ...{ network, shard, place, source, start, tree, replay, senders: this.senders },
      ranges: await followedRanges(source, isRead ? partition : undefined, start.position.height),
      table: inputs.tables.get(shard) ?? new StateTable(shard, place.prefix),
      conservation: this.conservation,
      initial: () => (isGenesis ? initialState(network, shard) : start.values),
      isUnread: !isRead,
    });
    this.verifiers.set(shard, verifier);
    return verifier.start();
  }

  /** Of what ended before the replays began nothing can be compared any more: its bundles count by their certificates. */
  private isPast(shard: number): boolean {
    const { topology } = this.options.network;
    if (this.isWhole || this.waiting.has(shard) || !topology.has(shard)) return false;
    const { ended } = topology.shard(shard);
    return ended !== undefined && ended <= this.tree.startEpoch;
  }
}

/** A half of the tree that the parent ended with, or both of two: so their roots hash to the certified one, or it to theirs. */
function inheritedTree({ prefix }: ShardPlace, parents: readonly ShardVerifier[]): StateTree | undefined {
  const [left, right] = parents.map(({ lastTree }) => lastTree);
  if (parents.length > 1) return left && right && StateTree.merge(left, right);
  return left?.split()[prefix.endsWith("0") ? 0 : 1];
}

function earliest(verifiers: readonly ShardVerifier[]): ShardVerifier {
  return verifiers.reduce((first, other) => (other.replay.timeMs < first.replay.timeMs ? other : first));
}

async function* nothing(): AsyncGenerator<never> {}

function isSame(a: ShardPlace, b: ShardPlace): boolean {
  return (
    a.path === b.path &&
    a.prefix === b.prefix &&
    a.partition === b.partition &&
    a.epoch === b.epoch &&
    a.parents.join() === b.parents.join()
  );
}

function placeDiffers(shard: number): Difference {
  const message = "topology: the shard's place is not the one that the main chain decided";
  return { code: "TOPOLOGY_DIFFERS", shard, height: null, message };
}
