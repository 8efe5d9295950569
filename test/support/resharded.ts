import { PRIORITIES } from "../../ledger/block/channels.js";
import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { inheritedRecord, startAfter } from "../../ledger/resharding/inherit.js";
import { signMarker } from "../../ledger/resharding/marker.js";
import { isUnderPrefix } from "../../ledger/resharding/prefix.js";
import { signProposal } from "../../ledger/resharding/proposal.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { heightKey, keyBytes, shardKey, topologyKey } from "../../ledger/state/key.js";
import { asShard, asTopology, MemoryState } from "../../ledger/state/state.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { type KnownShard, MAIN_CHAIN, Topology } from "../../ledger/topology.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { encodeStateValue } from "../../processors/chain/store-layout.js";
import { recordsOf } from "../../processors/execute/block-records.js";
import { topologyRecords } from "../../processors/finalize/topology-records.js";
import { heightRecordKey, validatorRecordKey } from "../../processors/keys.js";
import { genesisStart, type ShardStart } from "../../processors/verify/start.js";
import { codec } from "../../schemas/codec.js";
import type {
  Checkpoint,
  LogEntry,
  ProposalKind,
  SignedTransaction,
  UserTransaction,
} from "../../schemas/generated.js";
import type { Chance } from "../../simulator/kernel/random.js";
import {
  ASSIGNER_KEY,
  MAC_KEY,
  makeTestNetwork,
  ONE,
  OPERATOR_KEY,
  START_MS,
  type TestNetwork,
  type Wallet,
} from "../../simulator/world/network.js";
import { macOf } from "./mac.js";
import { topologyRecord } from "./pipeline.js";
import { certificateOf, signaturesOf } from "./shard-log.js";
import { Topics } from "./topics.js";

/** A shard that lives here or did. */
interface Living {
  readonly start: ShardStart;
  readonly state: MemoryState;
  readonly chain: ShardChain;
  readonly partition: number;
  readonly prefix: string;
  readonly blocks: ExecutedBlock[];
  offset: number;
}

/** A bundle that no log has yet. */
interface Sent {
  readonly block: ExecutedBlock;
  readonly bundle: ExecutedBlock["bundles"][number];
}

const SIGNERS = [1, 2, 3];

/**
 * Topics of a network whose shards split and merge, written by hand as the stages would: no stage is here, so what is wrong with
 * one shows nowhere else. Bundles and markers go out when the test says so, in whatever order it likes.
 */
export class Resharded {
  nowMs = START_MS;
  readonly topics = new Topics(() => this.nowMs);
  readonly living = new Map<number, Living>();
  readonly sent: Sent[] = [];
  readonly net: TestNetwork;
  private readonly known = new Map<number, KnownShard>();
  /** By which tree each source partition is routed. */
  private readonly routes: Topology[];
  private readonly nextOffsets: number[];

  constructor(options: Parameters<typeof makeTestNetwork>[0] = {}) {
    const parameters = { reshardCooldownMs: 0, maximumEntriesPerBlock: 8, ...options.parameters };
    const made = makeTestNetwork({ ...options, parameters });
    const { genesis } = made.network;
    for (const shard of genesis.shards) this.known.set(shard.shard, { ...shard, epoch: 0, parents: [] });
    const tree = () => new Topology([...this.known.values()]);
    const network = {
      ...made.network,
      get topology() {
        return tree();
      },
    };
    this.net = { ...made, network };
    this.routes = Array.from({ length: genesis.sourcePartitions }, tree);
    this.nextOffsets = Array.from({ length: genesis.sourcePartitions }, () => 0);
    for (const shard of genesis.shards) {
      this.topics.write(topologyRecord(shard));
      this.begin(shard.shard, genesisStart(network, shard.shard));
    }
    this.append(MAIN_CHAIN, { "rustorium.Genesis": genesis });
  }

  get network() {
    return this.net.network;
  }

  /** Submits a transfer: it goes to the log that its source partition is routed to. */
  pay(from: Wallet, to: Wallet, amount: bigint, change: Parameters<Wallet["pay"]>[2] = {}): void {
    const sourcePartition = from.account[0]! % this.routes.length;
    const transaction = from.pay(to, amount, change);
    const shard = this.routes[sourcePartition]!.shardOf(from.account);
    this.append(shard, { "rustorium.UserTransaction": this.entryOf(transaction, from, sourcePartition) });
  }

  private entryOf(transaction: SignedTransaction, from: Wallet, sourcePartition: number): UserTransaction {
    const content = {
      sourcePartition,
      sourceOffset: this.nextOffsets[sourcePartition]!++,
      submittedAt: this.nowMs,
      sender: from.account,
      transactionId: transactionIdOf(transaction),
      transaction,
    };
    return { mac: macOf(content, MAC_KEY), ...content };
  }

  propose(kind: ProposalKind, ...shards: number[]): void {
    const { epoch } = this.network.topology;
    const { hash: genesis } = this.network;
    const proposal = { genesis, kind, shards, epoch, createdAt: this.nowMs, reason: "" };
    this.append(MAIN_CHAIN, { "rustorium.TopologyProposal": signProposal(proposal, OPERATOR_KEY) });
    this.cut(MAIN_CHAIN);
  }

  /** A source partition turns to the newest tree, whose change it says to the shards before and after. */
  turn(sourcePartition: number): void {
    const { topology, hash: genesis } = this.network;
    const before = this.routes[sourcePartition]!.epoch;
    this.routes[sourcePartition] = topology;
    for (let epoch = before + 1; epoch <= topology.epoch; epoch++) {
      for (const { shard, ended, epoch: begun } of topology.shards)
        if (ended === epoch || begun === epoch)
          this.append(shard, {
            "rustorium.TopologyMarker": signMarker({ genesis, shard, epoch, sourcePartition }, ASSIGNER_KEY),
          });
    }
  }

  turnAll(): void {
    for (const partition of this.routes.keys()) this.turn(partition);
  }

  /** Closes a shard's open block. */
  cut(shard: number): void {
    const { chain } = this.living.get(shard) ?? {};
    if (chain?.openBlock) this.append(shard, { "rustorium.Cut": { height: chain.openBlock.height } });
  }

  cutAll(): void {
    for (const shard of [...this.living.keys()]) this.cut(shard);
  }

  /** Takes a bundle to whoever may be meant by now: the shard itself, and those after it. */
  deliver(index = 0): void {
    const [{ block, bundle }] = this.sent.splice(index, 1) as [Sent];
    const signatures = signaturesOf(this.net, block.digest, SIGNERS);
    const { destination } = bundle;
    const heirs = this.network.topology.heirsOf(destination).map(({ shard }) => shard);
    for (const shard of new Set([destination, ...heirs]))
      this.append(shard, {
        "rustorium.CrossShardBundle": { header: block.header, signatures, ...bundle },
      });
  }

  /** One thing that a network does now and then: a transfer, a bundle's delivery, the end of a block, a partition's turn. */
  stir(chance: Chance): void {
    const { wallets } = this.net;
    const from = wallets[chance(wallets.length)]!;
    const to = wallets[chance(wallets.length)]!;
    const shards = [...this.living.keys()];
    switch (chance(8)) {
      case 0:
        this.cut(shards[chance(shards.length)]!);
        break;
      case 1:
      case 2:
        if (this.sent.length > 0) this.deliver(this.firstOfChannel(chance(this.sent.length)));
        break;
      case 3:
        if (chance(2) === 0) this.turn(chance(this.routes.length));
        break;
      case 4:
        if (chance(4) === 0) this.repeat(chance);
        break;
      default:
        this.pay(from, to, ONE, { priority: PRIORITIES[chance(3)]!, gasPrice: BigInt(chance(2)) });
    }
  }

  /** A transaction comes once more to whoever has its sender by now, as after a restart. */
  private repeat(chance: Chance): void {
    const logs = [...this.living.values()].map(({ partition }) =>
      this.topics.records("shard.log", partition),
    );
    const log = logs[chance(logs.length)]!;
    const record = log[chance(log.length + 1)];
    const entry = record && codec("LogEntry").decode(record.value!.subarray(5))?.entry;
    if (!entry || !("rustorium.UserTransaction" in entry)) return;
    this.append(this.network.topology.shardOf(entry["rustorium.UserTransaction"].sender), entry);
  }

  /** A channel's bundles go out in order. */
  private firstOfChannel(index: number): number {
    const name = ({ block, bundle }: Sent) =>
      [block.header.shard, bundle.destination, bundle.priority].join();
    const wanted = name(this.sent[index]!);
    return this.sent.findIndex((sent) => name(sent) === wanted);
  }

  /** Turns all source partitions, then delivers and cuts until nothing is under way. */
  finish(): void {
    this.turnAll();
    this.settle();
  }

  /** Delivers and cuts until nothing is under way. */
  settle(): void {
    for (;;) {
      while (this.sent.length > 0) this.deliver();
      this.cutAll();
      if (this.sent.length === 0) return;
    }
  }

  /** Position and state of a shard after a block, its last unless said otherwise, as a certified checkpoint gives them. */
  startAt(shard: number, height = this.living.get(shard)!.blocks.length): ShardStart {
    const { blocks, start } = this.living.get(shard)!;
    if (height === 0) return start;
    const state = new MemoryState();
    state.apply(start.values);
    for (const { changes } of blocks.slice(0, height)) state.apply(changes);
    return { position: blocks[height - 1]!.position, values: state.values };
  }

  /** A certificate of a shard's state after a block, its last unless said otherwise. */
  checkpoint(shard: number, height?: number, change: Partial<Checkpoint> = {}) {
    const { prefix, blocks } = this.living.get(shard)!;
    const { position, values } = this.startAt(shard, height);
    const { header, digest: block } = blocks[position.height - 1]!;
    const tree = new StateTree(prefix);
    tree.apply(encodeChanges(values));
    const { genesis, time, epoch } = header;
    const place = { genesis, shard, height: header.height, block, time, epoch, prefix };
    const checkpoint = { ...place, stateRoot: tree.root, ...change };
    return { checkpoint, signatures: signaturesOf(this.net, checkpointDigest(checkpoint), SIGNERS) };
  }

  /** Writes the certificate of a shard's newest state, and tells the main chain. */
  certify(shard: number): void {
    const certificate = this.checkpoint(shard);
    const { partition } = this.living.get(shard)!;
    const value = codec("CheckpointCertificate").encode(certificate);
    const key = heightRecordKey(certificate.checkpoint.height);
    this.topics.write({ topic: "shard.checkpoints", partition, key, value });
    if (shard !== MAIN_CHAIN) this.append(MAIN_CHAIN, { "rustorium.CheckpointCertificate": certificate });
  }

  /** A shard's own record after its last block. */
  own(shard: number) {
    const { state, prefix } = this.living.get(shard)!;
    return asShard(state.values.get(shardKey(prefix)));
  }

  private append(shard: number, entry: LogEntry["entry"]): void {
    const { partition } = this.network.topology.shard(shard);
    const bytes = codec("LogEntry").encode({ entry });
    this.nowMs += 7;
    const { offset } = this.topics.write({ topic: "shard.log", partition, key: null, value: bytes });
    const living = this.living.get(shard);
    // One that has not begun yet reads its log from the start then.
    if (living) this.read(shard, living, offset + 1);
  }

  private read(shard: number, living: Living, end: number): void {
    const records = this.topics.records("shard.log", living.partition);
    while (living.offset < end) {
      const { value, timeMs, offset } = records[living.offset++]!;
      const { block } = living.chain.append({ bytes: value!.subarray(5), timeMs, offset });
      if (block) this.publish(shard, living, block);
    }
  }

  private begin(shard: number, start: ShardStart): void {
    const { prefix, partition } = this.network.topology.shard(shard);
    const state = new MemoryState();
    state.apply(start.values);
    const rules = { isAuthentic: isAuthenticBySignature };
    const chain = new ShardChain(this.network, shard, state, start.position, rules, start.inherited);
    const living: Living = { start, state, chain, partition, prefix, blocks: [], offset: 0 };
    this.living.set(shard, living);
    this.read(shard, living, this.topics.records("shard.log", partition).length);
  }

  /** What execute, the validators and finalize write for a block. */
  private publish(shard: number, living: Living, block: ExecutedBlock): void {
    const { partition, prefix, blocks } = living;
    const { header, digest, changes, encodedChanges, bundles } = block;
    const { height } = header;
    blocks.push(block);
    for (const record of recordsOf(block, partition)) this.topics.write(record);
    for (const signed of signaturesOf(this.net, digest, SIGNERS))
      this.topics.write({
        ...{ topic: "shard.votes", partition, key: validatorRecordKey(signed.validator) },
        value: codec("Vote").encode({ header, ...signed }),
      });
    this.topics.write({
      ...{ topic: "shard.finalized", partition, key: heightRecordKey(height) },
      value: codec("FinalityCertificate").encode(certificateOf(this.net, block)),
    });
    const topic = "shard.state";
    for (const [key, state] of changes) {
      const value = state && encodeStateValue(height, digest, state);
      this.topics.write({ topic, partition, key: keyBytes(key), value });
    }
    if (shard === MAIN_CHAIN)
      for (const record of topologyRecords(encodedChanges, digest))
        this.topics.write({ ...record, partition: 0 });
    const value = encodeStateValue(height, digest, null);
    this.topics.write({ topic, partition, key: keyBytes(heightKey(prefix)), value });
    for (const bundle of bundles) this.sent.push({ block, bundle });
    for (const { place, ended } of asTopology(changes.get(topologyKey()))?.shards ?? [])
      this.known.set(place.shard, ended < 0 ? place : { ...place, ended });
    this.beginHeirs();
  }

  private beginHeirs(): void {
    for (const place of this.network.topology.shards) {
      const parents = place.parents.map((parent) => this.living.get(parent));
      const isDue = parents.length > 0 && parents.every((parent) => parent?.chain.hasEnded);
      if (this.living.has(place.shard) || !isDue) continue;
      const ended = parents.map((parent, index) => ({
        prefix: parent!.prefix,
        record: this.own(place.parents[index]!)!,
        position: parent!.chain.position,
        values: parent!.state.values,
      }));
      const values = new Map(
        ended.flatMap((parent) => [...parent.values].filter(([key]) => isUnderPrefix(place.prefix, key))),
      );
      const position = startAfter(place, ended);
      this.begin(place.shard, { position, values, inherited: inheritedRecord(place, ended) });
    }
  }
}
