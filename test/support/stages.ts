import type { PlantedRules } from "../../ledger/block/executed-block.js";
import { digestOf } from "../../ledger/block/header.js";
import { startOfChain } from "../../ledger/block/position.js";
import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { initialState, type Network } from "../../ledger/genesis/genesis.js";
import { heightKey, keyBytes } from "../../ledger/state/key.js";
import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import {
  CERTIFICATES_KEY,
  DIGEST_RANGE,
  decodeOffset,
  decodePosition,
  encodePosition,
  encodeStateValue,
  heightOfDigestKey,
  POSITION_KEY,
  stateStoreKey,
} from "../../processors/chain/store-layout.js";
import { ExecuteTask } from "../../processors/execute/execute.js";
import { FinalizeTask } from "../../processors/finalize/finalize.js";
import { validatorRecordKey } from "../../processors/keys.js";
import type { MacKey } from "../../processors/mac.js";
import { NotifyTask } from "../../processors/notify/notify.js";
import { read } from "../../processors/read.js";
import { RelayTask } from "../../processors/relay/relay.js";
import { ShardAssignTask } from "../../processors/shard-assign/shard-assign.js";
import type { StageName, StageTask } from "../../processors/stage.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { VoteTask } from "../../processors/vote/vote.js";
import { StoredState } from "../../runtime/store/stored-state.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import { ASSIGNER_KEY } from "../../simulator/world/network.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import type { TopicName } from "../../topics/catalogue.js";
import { MemoryStore, type Topics } from "./topics.js";

/** What the stages of a simulated network share. */
export interface SimulatedEnvironment {
  readonly network: Network;
  readonly topics: Topics;
  macKey: MacKey;
  /** Wrong rule for execute; a test may repair it. */
  plant?: PlantedRules["applyTransaction"];
  /** Local stores by `group-partition`; they outlive a crash. */
  readonly stores: Map<string, MemoryStore>;
}

export interface OpenedTask {
  readonly task: StageTask;
  readonly store?: MemoryStore;
  readonly state?: StoredState;
}

/** A stage as runtime/stages/*.ts defines it, on simulated topics and stores. */
export interface SimulatedStage {
  readonly name: StageName;
  readonly group: string;
  readonly inputs: readonly TopicName[];
  readonly transactional: boolean;
  open(partition: number, environment: SimulatedEnvironment, wipe: boolean): OpenedTask;
}

/** Mirrors runtime/stages/chain-store.ts. */
function openChain(environment: SimulatedEnvironment, group: string, partition: number, wipe: boolean) {
  const { network, stores } = environment;
  const { shard } = network.topology.ofPartition(partition)!;
  const name = `${group}-${partition}`;
  const store = stores.get(name) ?? new MemoryStore();
  stores.set(name, store);
  const saved = wipe ? undefined : store.get(POSITION_KEY);
  let position = saved && decodePosition(saved);
  if (!position) {
    position = startOfChain(network.hash);
    store.clearNow();
    store.writeNow([
      ...Array.from(
        initialState(network, shard),
        ([key, value]) => [stateStoreKey(key), encodeStateValue(0, network.hash, value)] as const,
      ),
      [POSITION_KEY, encodePosition(position)],
    ]);
  }
  const uncertified = new Map<number, Buffer>();
  for (const [key, digest] of store.entries(DIGEST_RANGE.gte, DIGEST_RANGE.lt)) {
    uncertified.set(heightOfDigestKey(key), digest);
  }
  const certificates = store.get(CERTIFICATES_KEY);
  const certificatesOffset = (certificates && decodeOffset(certificates)) ?? 0;
  const state = new StoredState(store);
  const options: ChainOptions = { network, shard, state, position, uncertified, certificatesOffset };
  return { options, store, state };
}

const execute: SimulatedStage = {
  name: "execute",
  group: "execute",
  inputs: ["shard.log", "shard.finalized"],
  transactional: true,
  open(partition, environment, wipe) {
    const { options, store, state } = openChain(environment, "execute", partition, wipe);
    const written = new Map<number, Buffer>();
    for (const record of environment.topics.records("shard.blocks", partition)) {
      const header = read("BlockHeader", record);
      if (header && header.height > options.position.height) written.set(header.height, digestOf(header));
    }
    const { macKey, plant } = environment;
    const task = new ExecuteTask({
      ...options,
      macKey,
      written,
      ...(plant && { planted: { applyTransaction: plant } }),
    });
    return { task, store, state };
  },
};

function vote(validator: number, keyPair: KeyPair): SimulatedStage {
  const group = `vote-${validator}`;
  return {
    name: "vote",
    group,
    inputs: ["shard.log", "shard.finalized"],
    transactional: false,
    open(partition, environment, wipe) {
      const { options, store, state } = openChain(environment, group, partition, wipe);
      const ownVotes = new Map<number, Buffer>();
      for (const record of environment.topics.records("shard.votes", partition)) {
        const own = record.key?.equals(validatorRecordKey(validator)) ? read("Vote", record) : undefined;
        if (own?.validator !== validator || own.header.height <= options.position.height) continue;
        if (!ownVotes.has(own.header.height)) ownVotes.set(own.header.height, digestOf(own.header));
      }
      return { task: new VoteTask({ ...options, validator, keyPair, ownVotes }), store, state };
    },
  };
}

const finalize: SimulatedStage = {
  name: "finalize",
  group: "finalize",
  inputs: ["shard.votes", "shard.changes"],
  transactional: true,
  open(partition, { network, topics }) {
    const { shard, prefix } = network.topology.ofPartition(partition)!;
    const key = keyBytes(heightKey(prefix));
    const last = topics.records("shard.state", partition).findLast((record) => record.key?.equals(key));
    const stateHeight = (last && read("StateRecord", last)?.height) ?? 0;
    const above = new Map<number, FinalityCertificate>();
    for (const record of topics.records("shard.finalized", partition)) {
      const certificate = read("FinalityCertificate", record);
      if (certificate && certificate.header.height > stateHeight)
        above.set(certificate.header.height, certificate);
    }
    const certificates = [...above.values()].sort((a, b) => a.header.height - b.header.height);
    const certifiedHeight = certificates.at(-1)?.header.height ?? stateHeight;
    const checkpointHeight = 0;
    return {
      task: new FinalizeTask({
        network,
        shard,
        certifiedHeight,
        stateHeight,
        certificates,
        checkpointHeight,
      }),
    };
  },
};

function simple(
  name: StageName,
  inputs: TopicName[],
  make: (environment: SimulatedEnvironment, partition: number) => StageTask,
) {
  const open: SimulatedStage["open"] = (partition, environment) => ({ task: make(environment, partition) });
  return { name, group: name, inputs, transactional: false, open };
}

/** All stages of a network, in the order a transaction meets them. */
export function allStages(validatorKeys: readonly KeyPair[]): SimulatedStage[] {
  return [
    simple("validate", ["transactions"], ({ network, macKey }) => {
      const schemaId = SCHEMA_IDS.get("transactions")!;
      const { genesis, rules } = network;
      return new ValidateTask({
        network: genesis.network,
        rules,
        macKey,
        schemaId,
        foreign: () => undefined,
      });
    }),
    simple(
      "shard-assign",
      ["transactions.validated"],
      ({ network }, partition) =>
        new ShardAssignTask({ network, topology: network.topology, assigner: ASSIGNER_KEY, partition }),
    ),
    execute,
    ...validatorKeys.map((keyPair, index) => vote(index + 1, keyPair)),
    finalize,
    simple(
      "relay",
      ["shard.messages", "shard.finalized", "shard.checkpoints"],
      ({ network }) => new RelayTask(network.topology),
    ),
    simple("notify", ["transactions.rejected", "shard.receipts", "shard.finalized"], () => new NotifyTask()),
  ];
}

/** Name and inputs of each kind of stage. */
export const SIMULATED_GROUPS = allStages([{} as KeyPair]).map(({ name, inputs }) => ({ name, inputs }));
