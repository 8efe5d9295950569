import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import type { ProvedBundle } from "../../ledger/block/outbox.js";
import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import { inheritedRecord, startAfter } from "../../ledger/resharding/inherit.js";
import { signMarker } from "../../ledger/resharding/marker.js";
import { isUnderPrefix } from "../../ledger/resharding/prefix.js";
import { signProposal } from "../../ledger/resharding/proposal.js";
import { heightKey, keyBytes, shardKey, topologyKey } from "../../ledger/state/key.js";
import { asShard, asTopology, MemoryState, type OwnRecord } from "../../ledger/state/state.js";
import { type KnownShard, MAIN_CHAIN, Topology } from "../../ledger/topology.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { recordsOf } from "../../processors/execute/block-records.js";
import { topologyRecords } from "../../processors/finalize/topology-records.js";
import type { InputRecord, OutputRecord } from "../../processors/stage.js";
import { codec } from "../../schemas/codec.js";
import type {
  CheckpointCertificate,
  LogEntry,
  TopologyProposal,
  UserTransaction,
} from "../../schemas/generated.js";
import {
  ASSIGNER_KEY,
  OPERATOR_KEY,
  START_MS,
  type TestNetwork,
  type Wallet,
} from "../../simulator/world/network.js";
import { asInput, certificateOf, signaturesOf } from "../support/shard-log.js";

const RULES = { isAuthentic: isAuthenticBySignature };

/** A shard of the ledger's, with its log; the chain is there once its parents have ended. */
export class LiveShard {
  readonly log: { readonly bytes: Buffer; readonly timeMs: number }[] = [];
  readonly state = new MemoryState();
  chain: ShardChain | undefined;
  inherited: OwnRecord | undefined;
  constructor(readonly place: KnownShard) {}

  get ended(): boolean {
    return this.chain?.hasEnded === true;
  }
}

/** What all stages do wrong together. */
export interface Spoilt {
  /** Everything that a shard that takes others' place begins with. */
  readonly start?: (live: LiveShard, inherited: OwnRecord) => OwnRecord;
  /** What they take for the network's genesis. */
  readonly network?: (network: Network) => Network;
}

/** A bundle that nobody has delivered yet. */
interface Waiting {
  readonly block: Pick<ExecutedBlock, "header" | "digest">;
  readonly bundle: ProvedBundle;
}

/** A partition of `transactions`, and the task of shard-assign that reads it. */
class Source {
  readonly published: UserTransaction[] = [];
  assigned = 0;
  epoch = 0;
  constructor(readonly partition: number) {}
}

/**
 * A network of the ledger's chains without any stage: who calls it decides in which order records come. Everything that the
 * stages would write about blocks is in `history`, but for votes; blocks are certified at once.
 */
export class Resharded {
  readonly history: InputRecord[] = [];
  readonly shards = new Map<number, LiveShard>();
  readonly sources: Source[];
  readonly waiting = new Map<string, Waiting[]>();
  /** All bundles that were sent, for those who deliver again. */
  readonly sent: Waiting[] = [];
  readonly blocks: ExecutedBlock[] = [];
  nowMs = START_MS;
  epoch = 0;
  private readonly offsets = new Map<string, number>();

  private readonly network: Network;

  constructor(
    readonly net: TestNetwork,
    private readonly spoilt: Spoilt = {},
  ) {
    const network = spoilt.network?.(net.network) ?? net.network;
    this.network = network;
    this.sources = Array.from({ length: network.genesis.sourcePartitions }, (_, index) => new Source(index));
    for (const place of network.topology.shards) {
      const live = new LiveShard(place);
      this.shards.set(place.shard, live);
      live.state.apply(initialState(network, place.shard));
      live.chain = new ShardChain(network, place.shard, live.state, startOfChain(network.hash), RULES);
    }
  }

  /** The shard tree with an epoch, by default the latest. */
  tree(epoch = this.epoch): Topology {
    const places = [...this.shards.values()].map(({ place }) => place);
    return new Topology(
      places
        .filter((place) => place.epoch <= epoch)
        .map((place) => ({
          ...place,
          ended: place.ended !== undefined && place.ended <= epoch ? place.ended : undefined,
        })),
    );
  }

  private networkNow(): Network {
    return { ...this.network, topology: this.tree() };
  }

  private put(record: OutputRecord): void {
    const name = `${record.topic} ${record.partition ?? 0}`;
    const offset = this.offsets.get(name) ?? 0;
    this.offsets.set(name, offset + 1);
    this.history.push(asInput(record, offset, this.nowMs));
  }

  append(shard: number, entry: LogEntry["entry"]): void {
    const live = this.shards.get(shard)!;
    const record = { bytes: codec("LogEntry").encode({ entry }), timeMs: this.nowMs };
    live.log.push(record);
    this.put({ topic: "shard.log", partition: live.place.partition, key: null, value: record.bytes });
    if (live.chain) this.read(live, live.log.length - 1);
  }

  private read(live: LiveShard, offset: number): void {
    const { block } = live.chain!.append({ ...live.log[offset]!, offset });
    if (block) this.closed(live, block);
  }

  /** The task dies, and another one goes on with what is stored. */
  restart(shard: number): void {
    const live = this.shards.get(shard)!;
    if (!live.chain || live.chain.openBlock) return;
    const { position } = live.chain;
    live.chain = new ShardChain(this.networkNow(), shard, live.state, position, RULES, live.inherited);
  }

  private closed(live: LiveShard, block: ExecutedBlock): void {
    const { partition, prefix, parents } = live.place;
    const { header, digest } = block;
    this.blocks.push(block);
    for (const record of recordsOf(block, partition)) this.put(record);
    const certificate = codec("FinalityCertificate").encode(certificateOf(this.net, block));
    this.put({ topic: "shard.finalized", partition, key: null, value: certificate });
    const { height } = header;
    for (const [key, value] of block.changes) {
      const isTombstone = value === null && parents.length === 0;
      const bytes = isTombstone ? null : codec("StateRecord").encode({ height, digest, value });
      this.put({ topic: "shard.state", partition, key: keyBytes(key), value: bytes });
    }
    if (header.shard === MAIN_CHAIN)
      for (const record of topologyRecords(block.encodedChanges, digest)) this.put(record);
    const complete = codec("StateRecord").encode({ height, digest, value: null });
    this.put({ topic: "shard.state", partition, key: keyBytes(heightKey(prefix)), value: complete });
    for (const bundle of block.bundles) {
      const name = `${header.shard} ${bundle.destination} ${bundle.priority}`;
      this.waiting.set(name, [...(this.waiting.get(name) ?? []), { block: { header, digest }, bundle }]);
      this.sent.push({ block: { header, digest }, bundle });
    }
    if (header.shard === MAIN_CHAIN) this.learn(block);
    if (header.isLast) for (const other of this.shards.values()) this.beginIfDue(other);
  }

  private learn(block: ExecutedBlock): void {
    const state = asTopology(block.changes.get(topologyKey()));
    for (const { place, ended } of state?.shards ?? []) {
      const known = this.shards.get(place.shard);
      const now: KnownShard = { ...place, ended: ended >= 0 ? ended : undefined };
      if (known) Object.assign(known, { place: now });
      else this.shards.set(place.shard, new LiveShard(now));
    }
    this.epoch = state?.epoch ?? this.epoch;
    for (const live of this.shards.values()) this.beginIfDue(live);
  }

  private beginIfDue(live: LiveShard): void {
    const { place } = live;
    const parents = place.parents.map((parent) => this.shards.get(parent)!);
    if (live.chain || !parents.every(({ ended }) => ended)) return;
    const ends = parents.map(({ place: { prefix }, state, chain }) => ({
      prefix,
      record: asShard(state.get(shardKey(prefix)))!,
      position: chain!.position as ChainPosition,
    }));
    for (const { state } of parents)
      live.state.apply(new Map([...state.values].filter(([key]) => isUnderPrefix(place.prefix, key))));
    const inherited = inheritedRecord(place, ends);
    live.inherited = this.spoilt.start?.(live, inherited) ?? inherited;
    const start = startAfter(place, ends);
    live.chain = new ShardChain(this.networkNow(), place.shard, live.state, start, RULES, live.inherited);
    for (let offset = 0; offset < live.log.length; offset++) this.read(live, offset);
  }

  /** A sender's transactions are all in one partition, in order. */
  publish(wallet: Wallet, transaction: ReturnType<Wallet["pay"]>): void {
    const source = this.sources[wallet.account[0]! % this.sources.length]!;
    source.published.push({
      sourcePartition: source.partition,
      sourceOffset: source.published.length,
      submittedAt: this.nowMs,
      sender: wallet.account,
      transactionId: transactionIdOf(transaction),
      transaction,
      mac: Buffer.alloc(32),
    });
  }

  /** Routes the next transaction of a partition by the tree that its task knows. */
  assign(source: Source, index = source.assigned): void {
    const entry = source.published[index];
    if (!entry) return;
    source.assigned = Math.max(source.assigned, index + 1);
    this.append(this.tree(source.epoch).shardOf(entry.sender), { "rustorium.UserTransaction": entry });
  }

  /** The task of a partition reads of the next epoch. */
  turn(source: Source): void {
    if (source.epoch < this.epoch) source.epoch++;
    this.mark(source);
  }

  /** Markers of the epoch that a partition's task knows. */
  mark({ epoch, partition: sourcePartition }: Source, assigner = ASSIGNER_KEY): void {
    const { hash: genesis } = this.net.network;
    for (const { place } of this.shards.values()) {
      const { shard } = place;
      if (place.epoch === epoch || place.ended === epoch)
        this.append(shard, {
          "rustorium.TopologyMarker": signMarker({ genesis, shard, epoch, sourcePartition }, assigner),
        });
    }
  }

  /** Carries a bundle to its destination, and to all that have a part of it. */
  deliver({ block, bundle }: Waiting): void {
    const { destination } = bundle;
    const to = new Set([
      destination,
      ...this.tree()
        .heirsOf(destination)
        .map(({ shard }) => shard),
    ]);
    const signatures = signaturesOf(this.net, block.digest, [1, 2, 3]);
    for (const shard of to)
      this.append(shard, { "rustorium.CrossShardBundle": { header: block.header, signatures, ...bundle } });
  }

  /** The next bundle of one of the queues. */
  deliverNext(name: string): void {
    const [first, ...rest] = this.waiting.get(name) ?? [];
    if (rest.length > 0) this.waiting.set(name, rest);
    else this.waiting.delete(name);
    if (first) this.deliver(first);
  }

  cut(shard: number): void {
    const height = this.shards.get(shard)?.chain?.openBlock?.height;
    if (height !== undefined) this.append(shard, { "rustorium.Cut": { height } });
  }

  propose(
    what: Pick<TopologyProposal, "kind" | "shards"> & Partial<TopologyProposal>,
    operator = OPERATOR_KEY,
  ): void {
    const { hash: genesis } = this.net.network;
    const proposal = { genesis, epoch: this.epoch, createdAt: this.nowMs, reason: "test", ...what };
    this.append(MAIN_CHAIN, { "rustorium.TopologyProposal": signProposal(proposal, operator) });
  }

  /** Certifies a shard's state, whatever the root, and carries it to the main chain. */
  checkpoint(shard: number, stateRoot: Buffer): void {
    const { chain } = this.shards.get(shard)!;
    if (!chain) return;
    const certificate = this.certificateOf(shard, chain.position, stateRoot);
    this.append(MAIN_CHAIN, { "rustorium.CheckpointCertificate": certificate });
  }

  /** Writes a shard's state certified to its topic. */
  certifyState(
    shard: number,
    position: Pick<ChainPosition, "height" | "digest" | "time">,
    stateRoot: Buffer,
  ) {
    const { partition } = this.shards.get(shard)!.place;
    const value = codec("CheckpointCertificate").encode(this.certificateOf(shard, position, stateRoot));
    this.put({ topic: "shard.checkpoints", partition, key: null, value });
  }

  private certificateOf(
    shard: number,
    { height, digest: block, time }: Pick<ChainPosition, "height" | "digest" | "time">,
    stateRoot: Buffer,
  ): CheckpointCertificate {
    const { hash: genesis } = this.net.network;
    const { epoch, prefix } = this.shards.get(shard)!.place;
    const checkpoint = { genesis, shard, height, block, time, epoch, prefix, stateRoot };
    return { checkpoint, signatures: signaturesOf(this.net, checkpointDigest(checkpoint), [1, 2, 3]) };
  }

  /** Everything that waits goes on until nothing does. */
  drain(): void {
    for (let before = -1; before !== this.history.length; ) {
      before = this.history.length;
      for (const source of this.sources) {
        while (source.epoch < this.epoch) this.turn(source);
        while (source.assigned < source.published.length) this.assign(source);
      }
      for (const name of [...this.waiting.keys()]) while (this.waiting.has(name)) this.deliverNext(name);
      for (const shard of [...this.shards.keys()]) this.cut(shard);
    }
  }
}
