import type { Admin, Kafka } from "kafkajs";
import type { Logger } from "pino";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { InputRecord, StageName, StageTask } from "../../processors/stage.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import type { PlainWriter } from "../kafka/plain-writer.js";
import type { SchemaIds, Schemas } from "../kafka/schemas.js";
import type { TransactionalWriter } from "../kafka/transactional-writer.js";
import type { Store } from "../store/level-store.js";
import type { StoredState } from "../store/stored-state.js";

/** What all stages of a process share. */
export interface Environment {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly reader: PartitionReader;
  readonly schemas: Schemas;
  readonly schemaIds: SchemaIds;
  readonly network: Network;
  /** Directory of the local stores. */
  readonly storesDirectory: string;
  readonly log: Logger;
}

/** A task with what it needs at run time; closed together. */
export interface OpenTask {
  readonly task: StageTask;
  readonly store?: Store;
  readonly state?: StoredState;
  /** Writer of stages that write in Kafka transactions. */
  readonly transactional?: TransactionalWriter;
  /** Looks up what a step needs and can't ask for itself; may throw. */
  readonly prepare?: (records: readonly InputRecord[]) => Promise<void>;
}

/** How a stage runs on Kafka. */
export interface StageDefinition {
  readonly name: StageName;
  /** Consumer group, without the network's prefix. */
  readonly group: string;
  readonly inputs: readonly TopicName[];
  /**
   * Opens the task of a partition number.
   * @param wipe forget the local store first: a certificate contradicted what it led to
   */
  open(partition: number, environment: Environment, wipe: boolean): Promise<OpenTask>;
}

export interface StageDriver {
  readonly definition: StageDefinition;
  readonly environment: Environment;
  readonly writer: PlainWriter;
}
