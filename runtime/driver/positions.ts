import type { TopicName } from "../../topics/catalogue.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { Timer } from "../clock.js";
import type { GroupConsumer } from "../kafka/ports.js";
import type { Environment } from "./environment.js";

/** Positions are committed this often, in milliseconds; what is repeated after a crash is void. */
const COMMIT_INTERVAL_MS = 500;

/** Commits a group member's positions every now and then. */
export class Positions {
  private readonly toCommit = new Map<string, { topic: string; partition: number; offset: string }>();
  private timer: Timer | undefined;

  constructor(
    private readonly consumer: GroupConsumer,
    private readonly environment: Pick<Environment, "clock" | "network" | "log">,
    /** What to note with a partition number's positions. */
    private readonly note: (partition: number) => string | null = () => null,
  ) {}

  /** Where a partition number goes on after a restart, by input. */
  moved(partition: number, positions: ReadonlyMap<TopicName, number>): void {
    for (const [name, offset] of positions) {
      const topic = topicOnCluster(this.environment.network.genesis.network, name);
      this.toCommit.set(`${topic}[${partition}]`, { topic, partition, offset: String(offset) });
    }
  }

  start(): void {
    this.timer = this.environment.clock.after(COMMIT_INTERVAL_MS, () => {
      this.start();
      void this.commit();
    });
  }

  /** Commits no more by itself. */
  stop(): void {
    this.timer?.cancel();
  }

  async commit(): Promise<void> {
    if (this.toCommit.size === 0) return;
    const positions = Array.from(this.toCommit.values(), (position) => {
      const metadata = this.note(position.partition);
      return { ...position, ...(metadata !== null && { metadata }) };
    });
    this.toCommit.clear();
    try {
      await this.consumer.commitOffsets(positions);
    } catch (error) {
      // Positions are a hint: after a rebalance the next owner repeats what is void.
      this.environment.log.debug({ error: String(error) }, "positions not committed");
    }
  }
}
