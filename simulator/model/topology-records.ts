/** Shapes of the Avro records about the shard tree, as avro.ts reads them. The schemas say what fields mean. */

export type Priority = "HIGH" | "MEDIUM" | "LOW";

export interface ShardPlace {
  readonly shard: number;
  readonly path: string;
  readonly prefix: string;
  readonly partition: number;
  readonly epoch: number;
  readonly parents: readonly number[];
}

export type ShardPhase = "BEGINNING" | "ACTIVE" | "ENDING";

export interface ShardStatus {
  readonly place: ShardPlace;
  readonly phase: ShardPhase;
  readonly since: number;
  readonly ended: number;
}

export interface ShardTopology extends ShardPlace, Omit<ShardStatus, "place"> {
  readonly isPaused: boolean;
}

export interface TopologyChange {
  readonly epoch: number;
  readonly kind: "SPLIT" | "MERGE";
  readonly ended: readonly number[];
  readonly begun: readonly ShardPlace[];
}

export interface TopologyState {
  readonly epoch: number;
  readonly isPaused: boolean;
  readonly switchedAt: number;
  readonly nextShard: number;
  readonly nextPartition: number;
  readonly shards: readonly ShardStatus[];
}

export interface TopologyMarker {
  readonly genesis: Buffer;
  readonly shard: number;
  readonly epoch: number;
  readonly sourcePartition: number;
  readonly signature: Buffer;
}

export interface TopologyProposal {
  readonly genesis: Buffer;
  readonly kind: "SPLIT" | "MERGE" | "PAUSE" | "RESUME";
  readonly shards: readonly number[];
  readonly epoch: number;
  readonly createdAt: number;
  readonly reason: string;
  readonly signature: Buffer;
}

export interface SourceMark {
  readonly partition: number;
  readonly prefix: string;
  readonly offset: number;
}

export interface SentBundles {
  readonly shard: number;
  readonly priority: Priority;
  readonly count: number;
}

export interface ReceivedBundles extends SentBundles {
  readonly prefix: string;
}
