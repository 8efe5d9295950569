import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { voteMessage } from "../../ledger/block/header.js";
import { type KeyPair, signEd25519 } from "../../ledger/crypto/ed25519.js";
import { codec } from "../../schemas/codec.js";
import type { TopicName } from "../../topics/catalogue.js";
import { isAuthenticBySignature } from "../chain/authenticity.js";
import { type ChainOptions, ChainReader } from "../chain/chain-reader.js";
import { validatorRecordKey } from "../keys.js";
import {
  type Alert,
  type InputRecord,
  type OutputRecord,
  StageFault,
  type StageTask,
  type StepResult,
} from "../stage.js";

export interface VoteOptions extends ChainOptions {
  readonly validator: number;
  readonly keyPair: KeyPair;
  /** Digests that this validator has signed above the position, by height, read from shard.votes to its end. */
  readonly ownVotes: ReadonlyMap<number, Buffer>;
}

/** How soon a withheld vote is looked at again, in milliseconds. */
const WITHHELD_RETRY_MS = 200;

/**
 * Fourth stage, one group a validator: verifies every signature again, executes the same blocks against its own state and
 * signs the digest that it arrives at: at most one for a height, ever.
 */
export class VoteTask implements StageTask {
  private readonly reader: ChainReader;
  private readonly partition: number;
  /** Closed blocks whose time is too far ahead of this validator's clock. */
  private withheld: ExecutedBlock[] = [];

  constructor(private readonly options: VoteOptions) {
    this.partition = options.network.topology.shard(options.shard).partition;
    this.reader = new ChainReader(options, { isAuthentic: isAuthenticBySignature });
  }

  get startAt(): ReadonlyMap<TopicName, number> {
    return this.reader.startAt;
  }

  get hasEnded(): boolean {
    return this.reader.chain.hasEnded;
  }

  get isDone(): boolean {
    return this.reader.isDone;
  }

  step(records: readonly InputRecord[], nowMs: number): StepResult {
    if (records[0]!.topic === "shard.log") return this.result(this.reader.readLog(records), nowMs);
    const { blocks, alerts } = this.reader.readCertificates(records);
    return this.result(blocks, nowMs, alerts, new Map([["shard.finalized", records.at(-1)!.offset + 1]]));
  }

  timer(nowMs: number): StepResult {
    return this.result([], nowMs);
  }

  private result(
    blocks: readonly ExecutedBlock[],
    nowMs: number,
    alerts: readonly Alert[] = [],
    resumeAt: Map<TopicName, number> = new Map(),
  ): StepResult {
    const records: OutputRecord[] = [];
    const latestTime = nowMs + this.options.network.genesis.parameters.clockSkewMsMax;
    const candidates = this.withheld.length === 0 ? blocks : [...this.withheld, ...blocks];
    let index = 0;
    for (; index < candidates.length && candidates[index]!.header.time <= latestTime; index++) {
      const block = candidates[index]!;
      const vote = this.vote(block);
      if (vote) records.push(vote);
      resumeAt.set("shard.log", block.position.nextOffset);
    }
    const done = candidates.slice(0, index);
    this.withheld = candidates.slice(index);
    return {
      records,
      store: this.reader.storeOf(done),
      storedChanges: done.map(({ changes }) => changes),
      alerts,
      resumeAt,
      pause: this.reader.pause,
      ...(this.withheld.length > 0 && { wakeAtMs: nowMs + WITHHELD_RETRY_MS }),
    };
  }

  private vote(block: ExecutedBlock): OutputRecord | undefined {
    const { header, digest } = block;
    const before = this.options.ownVotes.get(header.height);
    if (before) {
      if (before.equals(digest)) return undefined;
      throw new StageFault(
        "OWN_VOTE_CONTRADICTED",
        `shard ${header.shard}, height ${header.height}: signed ${before.toString("hex")} before, now ${digest.toString("hex")}`,
      );
    }
    const { validator, keyPair } = this.options;
    const signature = signEd25519(voteMessage(digest), keyPair);
    return {
      topic: "shard.votes",
      partition: this.partition,
      key: validatorRecordKey(validator),
      value: codec("Vote").encode({ validator, header, signature }),
    };
  }
}
