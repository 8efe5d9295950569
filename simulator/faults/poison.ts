import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { type KeyPair, signEd25519 } from "../../ledger/crypto/ed25519.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { validatorRecordKey } from "../../processors/keys.js";
import { codec, fromWire, toWire } from "../../schemas/codec.js";
import type { BlockHeader, Checkpoint, RecordTypes } from "../../schemas/generated.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Broker } from "../kafka/broker.js";
import type { Random } from "../kernel/random.js";
import { SCHEMA_IDS } from "../world/topics.js";

/** Topics of votes by their type. */
const VOTES = {
  Vote: "shard.votes",
  CheckpointVote: "shard.checkpoint.votes",
} as const satisfies Partial<Record<keyof RecordTypes, TopicName>>;
type VoteType = keyof typeof VOTES;

/** Who writes what he must not. */
export class Poisoner {
  /** A record is being written that no stage answers for. */
  isForging = false;

  constructor(
    private readonly broker: Broker,
    private readonly network: Network,
    private readonly random: Random,
  ) {}

  private append(topic: TopicName, partition: number, key: Buffer | null, value: Buffer | null): number {
    return this.broker.append(topicOnCluster(this.network.genesis.network, topic), partition, { key, value });
  }

  private bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.random.below(256)));
  }

  /** Something that is no transaction. Returns where it is, and how it must be refused. */
  transaction(): { partition: number; offset: number; code: string } {
    const partition = this.random.below(this.network.genesis.sourcePartitions);
    const value = this.random.chance(0.2) ? null : this.bytes(this.random.below(4));
    const offset = this.append("transactions", partition, null, value);
    return { partition, offset, code: value === null ? "TOMBSTONE" : "MALFORMED" };
  }

  /** Into a shard's log: nonsense, a cut that isn't due, or a copy of what somebody wrote before. */
  log(): void {
    const { partition } = this.random.pick(this.network.genesis.shards);
    const id = SCHEMA_IDS.get("shard.log")!;
    switch (this.random.below(4)) {
      case 0:
        this.append("shard.log", partition, null, this.random.chance(0.3) ? null : this.bytes(20));
        return;
      case 1:
        this.append("shard.log", partition, null, toWire(id, this.bytes(30)));
        return;
      case 2: {
        const cut = { "rustorium.Cut": { height: this.random.below(12) } };
        this.append("shard.log", partition, null, toWire(id, codec("LogEntry").encode({ entry: cut })));
        return;
      }
      default: {
        const old = this.someRecord("shard.log", this.random.pick(this.network.genesis.shards).partition);
        if (old) this.append("shard.log", partition, old.key, old.value);
      }
    }
  }

  /** Into the votes, on blocks or on states: nonsense, a vote that nobody signed, or one validator's as another's. */
  votes(): void {
    this.isForging = true;
    if (this.random.chance(0.3))
      this.forgeVote("CheckpointVote", 0.2, (vote) => ({ checkpoint: this.otherState(vote.checkpoint) }));
    else this.forgeVote("Vote", 0.3, (vote) => ({ header: this.other(vote.header) }));
    this.isForging = false;
  }

  /** @param nonsense how often it is no vote at all */
  private forgeVote<K extends VoteType>(
    type: K,
    nonsense: number,
    other: (vote: RecordTypes[K]) => Partial<RecordTypes[K]>,
  ): void {
    const { partition } = this.random.pick(this.network.genesis.shards);
    const vote = this.someVote(type, partition);
    if (!vote || this.random.chance(nonsense)) {
      this.append(VOTES[type], partition, this.bytes(4), this.bytes(this.random.below(60)));
      return;
    }
    this.vote(type, partition, { ...vote, ...this.forgery(() => other(vote)) });
  }

  private forgery<T>(other: () => T): T | { signature: Buffer } | { validator: number } {
    switch (this.random.below(3)) {
      case 0:
        return { signature: this.bytes(64) };
      case 1:
        return other();
      default:
        return { validator: this.random.pick(this.network.genesis.validators).validator };
    }
  }

  /** A validator signs a second header, or a second state, for a height that it may have voted on. */
  doubleVote(validator: number, keyPair: KeyPair): void {
    const isOfState = this.random.chance(0.3);
    const { partition } = this.random.pick(this.network.genesis.shards);
    const sign = (digest: Buffer) => signEd25519(voteMessage(digest), keyPair);
    if (isOfState) {
      const vote = this.someVote("CheckpointVote", partition);
      if (!vote) return;
      const checkpoint = this.otherState(vote.checkpoint);
      const signature = sign(checkpointDigest(checkpoint));
      this.vote("CheckpointVote", partition, { validator, checkpoint, signature });
    } else {
      const vote = this.someVote("Vote", partition);
      if (!vote) return;
      const header = this.other(vote.header);
      this.vote("Vote", partition, { validator, header, signature: sign(digestOf(header)) });
    }
  }

  private someVote<K extends VoteType>(type: K, partition: number): RecordTypes[K] | undefined {
    const wire = fromWire(this.someRecord(VOTES[type], partition)?.value ?? null);
    return wire && codec(type).decode(wire.avroBytes);
  }

  private vote<K extends VoteType>(type: K, partition: number, vote: RecordTypes[K]): void {
    const value = toWire(SCHEMA_IDS.get(VOTES[type])!, codec(type).encode(vote));
    this.append(VOTES[type], partition, validatorRecordKey(vote.validator), value);
  }

  private otherState(checkpoint: Checkpoint): Checkpoint {
    return this.random.chance(0.5)
      ? { ...checkpoint, stateRoot: Buffer.concat([Buffer.alloc(1), this.bytes(31)]) }
      : { ...checkpoint, height: checkpoint.height + this.random.between(1, 3) };
  }

  private other(header: BlockHeader): BlockHeader {
    return this.random.chance(0.5)
      ? { ...header, changesRoot: this.bytes(32) }
      : { ...header, height: header.height + this.random.between(1, 3) };
  }

  private someRecord(topic: TopicName, number: number) {
    const partition = this.broker.partition(topicOnCluster(this.network.genesis.network, topic), number)!;
    if (partition.end === 0) return undefined;
    return partition.readUncommitted(this.random.below(partition.end), 1)?.entries[0];
  }
}
