import type { PlantedRules } from "../../ledger/block/executed-block.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { InputRecord, StageName, StageTask } from "../../processors/stage.js";
import type { ShardFigures } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { Clock } from "../clock.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import type { PlainWriter } from "../kafka/plain-writer.js";
import type { KafkaClient, OffsetsAdmin } from "../kafka/ports.js";
import type { SchemaIds, Schemas } from "../kafka/schemas.js";
import type { TransactionalWriter } from "../kafka/transactional-writer.js";
import type { PlacementSettings } from "../placement/settings.js";
import type { TopicSource } from "../proofs/topic-source.js";
import type { SignatureChecks } from "../signatures/pool.js";
import type { Store } from "../store/level-store.js";
import type { StoredState } from "../store/stored-state.js";
import type { LiveTopology } from "../topology/live-topology.js";
import type { Turns } from "./turns.js";

/** What the stages log with; pino's logger is one. */
export interface StageLog {
  trace(details: object, message: string): void;
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
  child(bindings: object): StageLog;
}

/** What all stages of a process share. Everything that a stage does to the world goes through here. */
export interface Environment {
  readonly kafka: KafkaClient;
  readonly admin: OffsetsAdmin;
  readonly reader: Pick<PartitionReader, "fetch">;
  /** Reads the topics' past; left out: a missing store is made by executing the log. */
  readonly history?: TopicSource;
  readonly schemas: Pick<Schemas, "foreign" | "prepareForeign">;
  readonly schemaIds: SchemaIds;
  /** Its topology is the genesis'; in what a stage is opened with, all shards that there are and were. */
  readonly network: Network;
  readonly topology: LiveTopology;
  /**
   * Opens a local store by its path below the directory of stores; forgets what was in it first where `wipe`. What is written
   * stays in memory up to `writeBufferBytes`, by default 4 MiB.
   */
  readonly openStore: (path: string, wipe: boolean, writeBufferBytes?: number) => Promise<Store>;
  /** Shared by all partitions of the process; left out: each steps when it likes. */
  readonly turns?: Turns;
  /** Checks signatures ahead of the steps; left out: the steps do it. */
  readonly signatures?: SignatureChecks;
  /** How long local stores gather what they write, in milliseconds; a crash costs executing so much again. */
  readonly storeGatherMs: number;
  readonly clock: Clock;
  /** Least time between two fetches that gave records, for now, in milliseconds. */
  readonly fetchPaceMs: () => number;
  /** A group member that isn't heard of for this long loses its partitions, in milliseconds. */
  readonly sessionTimeoutMs: number;
  readonly log: StageLog;
  /** How partition numbers are shared with other processes; left out: by number, whatever the load. */
  readonly placement?: PlacementSettings;
  readonly planted?: PlantedRules;
  /**
   * Resolves when no shard whose place the task's shard takes has a task of this stage open here; at once where it takes nobody's.
   * Nobody else can have their stores before. Throws NotReady when the partition is taken away. Left out: none is open.
   */
  readonly parentsEnded?: () => Promise<void>;
}

/** A task with what it needs at run time; closed together. */
export interface OpenTask {
  readonly task: StageTask;
  readonly store?: Store;
  readonly state?: StoredState;
  /** Writer of stages that write in Kafka transactions. */
  readonly transactional?: Pick<TransactionalWriter, "write" | "close">;
  /** Looks up or works out ahead what a step needs and can't ask for itself; may throw. */
  readonly prepare?: (records: readonly InputRecord[]) => Promise<void>;
  /** What was measured of the task's shard since the last time; of execute. */
  readonly measure?: () => ShardFigures;
  /** Called once when the task's shard has had its last block. */
  readonly ending?: () => void;
  /** Called when the task is done, instead of closing the store. */
  readonly end?: () => Promise<void>;
}

/** A task can't be opened yet, as before its shard's parents have ended; it is tried again. */
export class NotReady extends Error {
  readonly code = "NOT_READY";
}

/** How a stage runs on Kafka. */
export interface StageDefinition {
  readonly name: StageName;
  /** Consumer group, without the network's prefix. */
  readonly group: string;
  readonly inputs: readonly TopicName[];
  /** Its tasks are shards': a partition number that no shard lives in has none. */
  readonly isByShard?: boolean;
  /**
   * The stage's own least time between two fetches that gave records, in milliseconds, where the environment's is shorter and
   * the stage is not far behind.
   */
  readonly fetchPaceMsMin?: number;
  /**
   * Opens the task of a partition number. Throws NotReady.
   * @param wipe forget the local store first: a certificate contradicted what it led to
   */
  open(partition: number, environment: Environment, wipe: boolean): Promise<OpenTask>;
  /** Lets go of what ended tasks left for others. */
  close?(): Promise<void>;
}

export interface StageDriver {
  readonly definition: StageDefinition;
  readonly environment: Environment;
  readonly writer: PlainWriter;
}
