import type { OpenEnvironment } from "../../runtime/process/environment.js";
import type { ProcessName } from "../network/process-name.js";
import { within } from "../wait.js";
import { ProgressWatch } from "./progress-watch.js";

/** A shard that isn't executed again by then counts as never, in milliseconds. */
const REBUILD_BOUND_MS = 180_000;

/**
 * Which processes lost a local store and are executing a shard's log again. They write nothing about that shard until they
 * are through, however often they are killed meanwhile.
 */
export class Rebuilds {
  private readonly running = new Map<ProcessName, number>();
  private readonly ends: Promise<string | undefined>[] = [];

  constructor(private readonly environment: OpenEnvironment) {}

  /** Call it while the process is down; from when it writes about the shard again its state is whole. */
  async begin(name: ProcessName, shard: number): Promise<void> {
    const { topology } = this.environment.network;
    const { partition } = topology.shard(shard);
    const watch = await ProgressWatch.start(this.environment, name);
    const sinceMs = Date.now();
    this.running.set(name, (this.running.get(name) ?? 0) + 1);
    const end = async () => {
      // A shard that ends meanwhile gives no sign any more; its store is compared in the end.
      const hasEnded = () => this.environment.network.topology.shard(shard).ended !== undefined;
      const isThrough = await within(REBUILD_BOUND_MS, () => watch.hasSeen(sinceMs, partition) || hasEnded());
      await watch.stop();
      this.running.set(name, (this.running.get(name) ?? 1) - 1);
      return isThrough
        ? undefined
        : `${name} did not rebuild the store of partition ${partition} within ${REBUILD_BOUND_MS} ms`;
    };
    this.ends.push(end());
  }

  has(name: ProcessName): boolean {
    return (this.running.get(name) ?? 0) > 0;
  }

  /** Waits for all of them. Returns what didn't come about, a sentence each. */
  async finished(): Promise<string[]> {
    const sentences = await Promise.all(this.ends);
    return sentences.filter((sentence) => sentence !== undefined);
  }
}
