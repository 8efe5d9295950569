import type { Network } from "../../ledger/genesis/genesis.js";
import type { Topology } from "../../ledger/topology.js";
import type { InputRecord, StageName, StageTask, StepResult } from "../../processors/stage.js";
import type { Environment, OpenTask, StageDefinition } from "../../runtime/driver/environment.js";
import type { Store } from "../../runtime/store/level-store.js";
import type { Seams } from "./plant.js";

/** The same stage, opened in other surroundings. */
export function withEnvironment(
  definition: StageDefinition,
  change: (environment: Environment) => Environment,
): StageDefinition {
  return {
    ...definition,
    open: (partition, environment, wipe) => definition.open(partition, change(environment), wipe),
  };
}

/** Some stages get other surroundings. */
export function inEnvironmentOf(
  stages: readonly StageName[],
  change: (environment: Environment) => Environment,
): Seams {
  return {
    definition: (definition) =>
      stages.includes(definition.name) ? withEnvironment(definition, change) : definition,
  };
}

/** Some stages' tasks are others once they are open. */
export function inTaskOf(
  stages: readonly StageName[],
  change: (open: OpenTask, environment: Environment, partition: number) => OpenTask,
): Seams {
  return {
    definition: (definition) =>
      stages.includes(definition.name)
        ? {
            ...definition,
            open: async (partition, environment, wipe) =>
              change(await definition.open(partition, environment, wipe), environment, partition),
          }
        : definition,
  };
}

/** What a planted task does to its input and to its results. */
export interface TaskChange {
  readonly records?: (records: readonly InputRecord[], nowMs: number) => readonly InputRecord[];
  /** @param records what the step was given; none where the timer rang */
  readonly result?: (result: StepResult, records: readonly InputRecord[]) => StepResult;
}

export function withTask(open: OpenTask, { records, result }: TaskChange): OpenTask {
  const { task } = open;
  const { startAt } = task;
  const changed: StageTask = {
    ...(startAt && { startAt }),
    step(given, nowMs) {
      const stepped = task.step(records ? records(given, nowMs) : given, nowMs);
      return result ? result(stepped, given) : stepped;
    },
    get hasEnded() {
      return task.hasEnded === true;
    },
    get isDone() {
      return task.isDone === true;
    },
    ...(task.topology && {
      topology(tree: Topology, nowMs: number) {
        const stepped = task.topology!(tree, nowMs);
        return result ? result(stepped, []) : stepped;
      },
    }),
    ...(task.timer && {
      timer(nowMs: number) {
        const stepped = task.timer!(nowMs);
        return result ? result(stepped, []) : stepped;
      },
    }),
  };
  return { ...open, task: changed };
}

/** Local stores differ in some of what they do. */
export function withStore(change: (store: Store, path: string) => Partial<Store>): Seams {
  return {
    environment: (environment) => ({
      ...environment,
      openStore: async (path, wipe) => {
        const store = await environment.openStore(path, wipe);
        return {
          get: (key) => store.get(key),
          range: (from, below) => store.range(from, below),
          parts: (from, below) => store.parts(from, below),
          write: (batch) => store.write(batch),
          sizeOf: (from, below) => store.sizeOf(from, below),
          memoryBytes: store.memoryBytes,
          copyInto: (target, from, below) => store.copyInto(target, from, below),
          forget: (from, below) => store.forget(from, below),
          settle: () => store.settle(),
          cloneBeside: (name) => store.cloneBeside(name),
          close: () => store.close(),
          ...change(store, path),
        };
      },
    }),
  };
}

/** Several changes of definitions, in order. */
export function together(...all: readonly Pick<Seams, "definition">[]): Seams {
  return {
    definition: (definition) =>
      all.reduce((changed, seams) => seams.definition?.(changed) ?? changed, definition),
  };
}

export function withConsensus(network: Network, change: Partial<Network["consensus"]>): Network {
  return { ...network, consensus: { ...network.consensus, ...change } };
}
