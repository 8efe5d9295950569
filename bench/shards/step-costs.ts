import { voteMessage } from "../../ledger/block/header.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import type { InputRecord, StepResult } from "../../processors/stage.js";
import { partitionByKey } from "../../runtime/kafka/partition-by-key.js";
import { checkJob, makeJob, verdictAt } from "../../runtime/signatures/job.js";
import { codec, toWire } from "../../schemas/codec.js";
import { genesisAccounts, loadAccounts } from "../load/accounts.js";
import { LoadGenerator } from "../load/load.js";
import { Flow } from "../stages/flow.js";
import {
  type PlacedTask,
  placedTasks,
  SCHEMA_ID,
  STAGES_CHAIN_ID,
  stagesNetwork,
  validatorKey,
} from "../stages/tasks.js";
import { evenShards } from "./even-shards.js";
import { fitCosts, type Observation } from "./fit.js";

/** What a chain's stages spend processor time on; `block`: with its certificate, which follows each. */
export const CHAIN_ITEMS = [
  "block",
  "transaction",
  "crossing",
  "bundle",
  "prepare",
  "forward",
  "credited",
  "checkpoint",
] as const;
export type ChainItem = (typeof CHAIN_ITEMS)[number];

/** What the others do. */
const RELAY_ITEMS = ["certificate", "bundle", "message"] as const;
const FINALIZE_ITEMS = ["vote", "changes", "state"] as const;
const NOTIFY_ITEMS = ["certificate", "receipt"] as const;

/** CPU-seconds of one of each, of real tasks with their state in memory. */
export interface StepCosts {
  /** The check of one transaction's signature, as the threads do it. */
  readonly signature: number;
  readonly validate: number;
  readonly assign: number;
  readonly execute: Readonly<Record<ChainItem, number>>;
  readonly vote: Readonly<Record<ChainItem, number>>;
  readonly finalize: Readonly<Record<(typeof FINALIZE_ITEMS)[number], number>>;
  readonly relay: Readonly<Record<(typeof RELAY_ITEMS)[number], number>>;
  readonly notify: Readonly<Record<(typeof NOTIFY_ITEMS)[number], number>>;
  /** How far sums of these costs are from what was measured, of each stage: a share. */
  readonly error: Readonly<Record<string, number>>;
}

/** Shards of the networks that are measured; what a block costs was not seen to depend on their number. */
const SHARDS = [4, 16] as const;
const VALIDATORS = 4;
const QUORUM = [1, 2, 3] as const;
const ACCOUNTS_PER_SHARD = 60;
/** Transactions of a round for each shard, and the share of them that crosses. */
const ROUNDS = [
  [1, 0],
  [1, 1],
  [8, 0.5],
  [60, 0],
  [60, 0.25],
  [60, 1],
  [250, 0.9],
] as const;
/** All rounds once for warming up, then so often. */
const REPEATS = 2;
const START_MS = 1_700_000_000_000;

/** What a task did since its last block. */
interface Tally {
  counts: Map<string, number>;
  cpu: number;
}

/** Takes the processor time of every step, and counts what the steps were given. */
class Meter {
  readonly observations = new Map<string, Observation[]>();
  signatureCpu = 0;
  signatures = 0;
  isOn = false;
  private readonly tallies = new Map<PlacedTask, Tally>();
  private startedMicros = 0;

  constructor(private readonly network: Network) {}

  readonly before = (task: PlacedTask, records: readonly InputRecord[]): void => {
    const topic = records[0]?.topic;
    if (
      (task.stage === "validate" || task.stage === "vote") &&
      (topic === "transactions" || topic === "shard.log")
    ) {
      const from = cpuMicros();
      const verdicts = checkJob(
        makeJob(
          topic,
          records.map(({ value }) => value!),
        ),
        this.network.rules,
      );
      records.forEach((record, index) => {
        record.authorship = verdictAt(verdicts, index);
      });
      if (this.isOn && topic === "transactions") {
        this.signatureCpu += (cpuMicros() - from) / 1e6;
        this.signatures += records.length;
      }
    }
    this.startedMicros = cpuMicros();
  };

  readonly after = (task: PlacedTask, records: readonly InputRecord[], result: StepResult): void => {
    const cpu = (cpuMicros() - this.startedMicros) / 1e6;
    const tally = this.tallies.get(task) ?? { counts: new Map(), cpu: 0 };
    this.tallies.set(task, tally);
    tally.cpu += cpu;
    const add = (name: string, count = 1) => tally.counts.set(name, (tally.counts.get(name) ?? 0) + count);
    for (const record of records) this.count(record, add);
    for (const { topic } of result.records) if (topic === "shard.state") add("state");
    const isChain = task.stage === "execute" || task.stage === "vote";
    const blocks = result.records.filter(
      ({ topic }) => topic === "shard.blocks" || topic === "shard.votes",
    ).length;
    if (isChain && blocks === 0) return;
    if (isChain) add("block", blocks);
    this.tallies.delete(task);
    if (this.isOn) this.keep(task, tally);
  };

  private keep({ stage }: PlacedTask, { counts, cpu }: Tally): void {
    const items = itemsOf(stage);
    if (!items) return;
    const kept = this.observations.get(stage) ?? [];
    this.observations.set(stage, kept);
    kept.push({ counts: items.map((item) => counts.get(item) ?? 0), cost: cpu });
  }

  private count(record: InputRecord, add: (name: string, count?: number) => void): void {
    switch (record.topic) {
      case "shard.log":
        this.countEntry(record, add);
        break;
      case "shard.finalized":
        add("certificate");
        break;
      case "shard.messages":
        add("bundle");
        add("message", read("OutgoingBundle", record)?.messages.length);
        break;
      case "shard.votes":
        add("vote");
        break;
      case "shard.changes":
        add("changes");
        break;
      case "shard.receipts":
        add("receipt");
        break;
      default:
        add("record");
    }
  }

  private countEntry(record: InputRecord, add: (name: string, count?: number) => void): void {
    const entry = read("LogEntry", record)?.entry;
    if (!entry) return;
    if ("rustorium.CheckpointCertificate" in entry) add("checkpoint");
    if ("rustorium.CrossShardBundle" in entry) {
      add("bundle");
      for (const { kind } of entry["rustorium.CrossShardBundle"].messages) add(kind.toLowerCase());
    }
    if (!("rustorium.UserTransaction" in entry)) return;
    const { sender, transaction } = entry["rustorium.UserTransaction"];
    const body = codec("TransferBody").decode(transaction.body);
    const { topology } = this.network;
    const isCrossing = body && topology.shardOf(body.recipient) !== topology.shardOf(sender);
    add(isCrossing ? "crossing" : "transaction");
  }
}

/** Runs the real tasks of networks of several sizes in memory, under loads of several kinds, and fits what each thing costs. */
export function measureSteps(seed: number, say: (line: string) => void): StepCosts {
  const observations = new Map<string, Observation[]>();
  let signatureCpu = 0;
  let signatures = 0;
  for (const shards of SHARDS) {
    const meter = observe(shards, seed, say);
    signatureCpu += meter.signatureCpu;
    signatures += meter.signatures;
    for (const [stage, own] of meter.observations)
      observations.set(stage, [...(observations.get(stage) ?? []), ...own]);
  }
  const error: Record<string, number> = {};
  const costsOf = <Item extends string>(stage: string, items: readonly Item[]) => {
    const found = fitCosts(observations.get(stage) ?? []);
    error[stage] = found.error;
    return Object.fromEntries(items.map((item, index) => [item, found.costs[index]!])) as Record<
      Item,
      number
    >;
  };
  const [validate, assign] = [costsOf("validate", ["record"]), costsOf("shard-assign", ["record"])];
  return {
    signature: signatureCpu / signatures,
    validate: validate.record,
    assign: assign.record,
    execute: costsOf("execute", CHAIN_ITEMS),
    vote: costsOf("vote", CHAIN_ITEMS),
    finalize: costsOf("finalize", FINALIZE_ITEMS),
    relay: costsOf("relay", RELAY_ITEMS),
    notify: costsOf("notify", NOTIFY_ITEMS),
    error,
  };
}

function itemsOf(stage: string): readonly string[] | undefined {
  switch (stage) {
    case "execute":
    case "vote":
      return CHAIN_ITEMS;
    case "finalize":
      return FINALIZE_ITEMS;
    case "relay":
      return RELAY_ITEMS;
    case "notify":
      return NOTIFY_ITEMS;
    default:
      return ["record"];
  }
}

function observe(shards: number, seed: number, say: (line: string) => void): Meter {
  const accounts = loadAccounts(ACCOUNTS_PER_SHARD * shards, "ed25519", seed);
  const network = stagesNetwork(VALIDATORS, genesisAccounts(accounts), evenShards(shards));
  const meter = new Meter(network);
  const flow = new Flow(placedTasks(network), START_MS, meter);
  const { topology, genesis } = network;
  const load = { chainId: STAGES_CHAIN_ID, accounts, skew: "uniform" as const, seed };
  const generator = new LoadGenerator({ ...load, crossShare: 0 }, topology, SCHEMA_ID);
  const partitionOf = partitionByKey("transactions", genesis.sourcePartitions);
  let height = 0;
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    meter.isOn = repeat > 0;
    for (const [perShard, crossShare] of ROUNDS) {
      for (let index = 0; index < perShard * shards; index++) {
        const { key, value } = generator.next(crossShare);
        flow.append("transactions", partitionOf(key), key, value);
      }
      flow.runUntilQuiet();
      appendCheckpoints(flow, network, ++height);
      flow.runUntilQuiet();
    }
    say(`${shards} shards in memory: ${repeat} of ${REPEATS}`);
  }
  return meter;
}

/** A certified state of each shard, as relay carries it to the main chain every ten seconds. */
function appendCheckpoints(flow: Flow, { hash, topology }: Network, height: number): void {
  for (const { shard, prefix } of topology.shards) {
    if (shard === MAIN_CHAIN) continue;
    const stateRoot = Buffer.alloc(32, 1 + (height % 15));
    const checkpoint = {
      genesis: hash,
      shard,
      height,
      block: stateRoot,
      time: START_MS,
      epoch: 0,
      prefix,
      stateRoot,
    };
    const message = voteMessage(checkpointDigest(checkpoint));
    const signatures = QUORUM.map((validator) => ({
      validator,
      signature: signEd25519(message, validatorKey(validator)),
    }));
    const entry = { "rustorium.CheckpointCertificate": { checkpoint, signatures } };
    flow.append("shard.log", MAIN_CHAIN, null, toWire(SCHEMA_ID, codec("LogEntry").encode({ entry })));
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
