import { Broker } from "../kafka/broker.js";
import { simulatedAdmin, simulatedClient, simulatedReader } from "../kafka/client.js";
import { Connection } from "../kafka/connection.js";
import { SimulatedProcess } from "../kernel/process.js";
import { Random } from "../kernel/random.js";
import { Scheduler } from "../kernel/scheduler.js";
import type { CalibrationCluster, CalibrationScript, Observation } from "./cluster.js";

/** Where simulated time begins, in milliseconds since 1970, and how long a script may take of it. */
const START_MS = 1_700_000_000_000;
const SCRIPT_MS_MAX = 300_000;
/** Markers come late, as they do at a broker that is at leisure. In milliseconds. */
const MARKER_DELAY_MS_MAX = 5;

/** Runs a script on a simulated cluster with a quiet network. Throws where it doesn't come to its end. */
export async function runSimulated(script: CalibrationScript, seed: number): Promise<Observation[]> {
  const scheduler = new Scheduler(START_MS);
  const cluster = simulatedCluster(scheduler, new Random(seed));
  let outcome: { observations: Observation[] } | { error: unknown } | undefined;
  scheduler.after(0, "script", () => {
    script.run(cluster).then(
      (observations) => {
        outcome = { observations };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
  });
  await scheduler.run(() => outcome !== undefined, START_MS + SCRIPT_MS_MAX);
  if (!outcome) throw new Error(`${script.name} waits for something that doesn't come`);
  if ("error" in outcome) throw outcome.error;
  return outcome.observations;
}

function simulatedCluster(scheduler: Scheduler, random: Random): CalibrationCluster {
  const broker = new Broker(
    scheduler,
    () => random.fraction() * MARKER_DELAY_MS_MAX,
    () => undefined,
  );
  const process = new SimulatedProcess("script", scheduler, 0, () => undefined);
  const weather = { lostRequest: 0, lostReply: 0, slow: 0, slowMs: 0, count: () => undefined };
  const connection = new Connection(process, broker, weather, random.fork("connection"));
  return {
    kafka: simulatedClient(connection, { repeatAfterMs: () => undefined }),
    admin: simulatedAdmin(connection),
    reader: simulatedReader(connection),
    clock: process.clock,
    createTopic: async (name, partitions) => {
      broker.createTopic(name, partitions);
      return name;
    },
    unique: (name) => name,
  };
}
