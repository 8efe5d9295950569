import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { type KeyPair, signEd25519 } from "../../ledger/crypto/ed25519.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { validatorRecordKey } from "../../processors/keys.js";
import { codec, fromWire, toWire } from "../../schemas/codec.js";
import type { BlockHeader, Checkpoint, CheckpointVote, Vote } from "../../schemas/generated.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Broker } from "../kafka/broker.js";
import type { Random } from "../kernel/random.js";
import { SCHEMA_IDS } from "../world/topics.js";

const CHECKPOINT_VOTES: TopicName = "shard.checkpoint.votes";

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
    if (this.random.chance(0.3)) this.forgeCheckpointVote();
    else this.forgeVote();
    this.isForging = false;
  }

  private forgeCheckpointVote(): void {
    const { partition } = this.random.pick(this.network.genesis.shards);
    const vote = this.someCheckpointVote(partition);
    if (!vote || this.random.chance(0.2)) {
      this.append(CHECKPOINT_VOTES, partition, this.bytes(4), this.bytes(this.random.below(60)));
      return;
    }
    const { checkpoint } = vote;
    switch (this.random.below(3)) {
      case 0:
        this.checkpointVote(partition, { ...vote, signature: this.bytes(64) });
        return;
      case 1:
        this.checkpointVote(partition, { ...vote, checkpoint: this.otherState(checkpoint) });
        return;
      default: {
        const { validator } = this.random.pick(this.network.genesis.validators);
        this.checkpointVote(partition, { ...vote, validator });
      }
    }
  }

  private doubleCheckpointVote(validator: number, keyPair: KeyPair): void {
    const { partition } = this.random.pick(this.network.genesis.shards);
    const vote = this.someCheckpointVote(partition);
    if (!vote) return;
    const checkpoint = this.otherState(vote.checkpoint);
    const signature = signEd25519(voteMessage(checkpointDigest(checkpoint)), keyPair);
    this.checkpointVote(partition, { validator, checkpoint, signature });
  }

  private someCheckpointVote(partition: number): CheckpointVote | undefined {
    const old = this.someRecord(CHECKPOINT_VOTES, partition);
    return (
      (old?.value && codec("CheckpointVote").decode(fromWire(old.value)?.avroBytes ?? Buffer.alloc(0))) ||
      undefined
    );
  }

  private checkpointVote(partition: number, vote: CheckpointVote): void {
    const value = toWire(SCHEMA_IDS.get(CHECKPOINT_VOTES)!, codec("CheckpointVote").encode(vote));
    this.append(CHECKPOINT_VOTES, partition, validatorRecordKey(vote.validator), value);
  }

  private otherState(checkpoint: Checkpoint): Checkpoint {
    return this.random.chance(0.5)
      ? { ...checkpoint, stateRoot: Buffer.concat([Buffer.alloc(1), this.bytes(31)]) }
      : { ...checkpoint, height: checkpoint.height + this.random.between(1, 3) };
  }

  private forgeVote(): void {
    const { partition } = this.random.pick(this.network.genesis.shards);
    const old = this.someRecord("shard.votes", partition);
    const vote = old?.value && codec("Vote").decode(fromWire(old.value)?.avroBytes ?? Buffer.alloc(0));
    if (!vote || this.random.chance(0.3)) {
      this.append("shard.votes", partition, this.bytes(4), this.bytes(this.random.below(60)));
      return;
    }
    this.vote(partition, this.forged(vote));
  }

  private forged(vote: Vote): Vote {
    switch (this.random.below(3)) {
      case 0:
        return { ...vote, signature: this.bytes(64) };
      case 1:
        return { ...vote, header: this.other(vote.header) };
      default:
        return { ...vote, validator: this.random.pick(this.network.genesis.validators).validator };
    }
  }

  /** A validator signs a second header, or a second state, for a height that it may have voted on. */
  doubleVote(validator: number, keyPair: KeyPair): void {
    if (this.random.chance(0.3)) {
      this.doubleCheckpointVote(validator, keyPair);
      return;
    }
    const { partition } = this.random.pick(this.network.genesis.shards);
    const old = this.someRecord("shard.votes", partition);
    const vote = old?.value && codec("Vote").decode(fromWire(old.value)?.avroBytes ?? Buffer.alloc(0));
    if (!vote) return;
    const header = this.other(vote.header);
    this.vote(partition, {
      validator,
      header,
      signature: signEd25519(voteMessage(digestOf(header)), keyPair),
    });
  }

  private vote(partition: number, vote: Vote): void {
    const value = toWire(SCHEMA_IDS.get("shard.votes")!, codec("Vote").encode(vote));
    this.append("shard.votes", partition, validatorRecordKey(vote.validator), value);
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
