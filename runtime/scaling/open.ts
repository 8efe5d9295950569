import { useBackend } from "../../ml/network/backend.js";
import type { Architecture } from "../../ml/network/network.js";
import type { ScalingSettings } from "../../ml/scaling/policy.js";
import { Scaler } from "../../ml/scaling/scaler.js";
import { PartitionReader } from "../kafka/partition-reader.js";
import { PlainWriter } from "../kafka/plain-writer.js";
import type { OpenEnvironment } from "../process/environment.js";
import { measureShards } from "./measured-shards.js";
import { scaleShards } from "./scale-shards.js";
import { readModel, trainAgainAndAgain } from "./training.js";

export interface ScalingOptions {
  readonly settings: ScalingSettings;
  /** Decisions are written, and not proposed. */
  readonly isDryRun: boolean;
  /** Transactions a second that a shard can take; undefined: it is measured. */
  readonly capacity: number | undefined;
  readonly architecture: Architecture;
  /** The network that it begins with where none of that architecture is kept in the home. */
  readonly shippedModelPath: string;
  /** Time between two trainings, in milliseconds; 0: the network isn't trained. */
  readonly trainEveryMs: number;
  readonly onFailure: (error: unknown) => void;
}

/** Measures, forecasts, decides and learns until it is stopped. */
export async function openScaling(
  environment: OpenEnvironment,
  { settings, isDryRun, capacity, architecture, shippedModelPath, trainEveryMs, onFailure }: ScalingOptions,
): Promise<{ stop(): Promise<void> }> {
  const { kafka, clock, log, home } = environment;
  const operator = isDryRun ? undefined : home.topologyKey("operator");
  const backend = await useBackend();
  const scaler = new Scaler(settings, isDryRun);
  const { modelPath } = home;
  scaler.model = readModel({ kept: modelPath, shipped: shippedModelPath }, architecture, log);
  log.info({ backend, architecture, model: scaler.model.hash }, "scaling begins");
  // A reader each: one that waits for records keeps its connection.
  const readers = [new PartitionReader(kafka), new PartitionReader(kafka)] as const;
  const writers = [new PlainWriter(kafka), new PlainWriter(kafka)] as const;
  let isStopped = false;
  const stopped = () => isStopped;
  const work = Promise.all([
    measureShards(environment, readers[0], writers[0], capacity, stopped),
    scaleShards(environment, scaler, readers[1], writers[1], operator, stopped),
    trainEveryMs > 0 && trainAgainAndAgain(scaler, modelPath, trainEveryMs, clock, log, stopped),
  ]).catch((error) => {
    if (!isStopped) onFailure(error);
  });
  return {
    async stop() {
      isStopped = true;
      await work;
      await Promise.all([
        ...writers.map((writer) => writer.close()),
        ...readers.map((reader) => reader.close()),
      ]);
    },
  };
}
