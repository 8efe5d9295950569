import { codec } from "../../schemas/codec.js";
import type { StageMetrics } from "../../schemas/generated.js";
import type { Timer } from "../clock.js";
import type { Environment } from "../driver/environment.js";
import { outgoing } from "../driver/perform.js";
import type { StageRunner } from "../driver/stage-runner.js";
import { PlainWriter } from "../kafka/plain-writer.js";

/** How often a process says what it measured, in milliseconds, at full seconds of its clock. */
export const REPORT_EVERY_MS = 1_000;
const MILLIONTHS = 1_000_000;

/** Writes what the stages of a process measured to the topic metrics.stages, until it is stopped. */
export class StageReports {
  private readonly writer: PlainWriter;
  private timer: Timer | undefined;
  private lastMs: number;
  private isWriting = false;
  private isStopped = false;

  constructor(
    private readonly environment: Environment,
    private readonly runners: readonly StageRunner[],
    private readonly process: string,
    private readonly memoryBytes: () => number,
  ) {
    this.writer = new PlainWriter(environment.kafka);
    this.lastMs = environment.clock.now();
  }

  start(): void {
    const nowMs = this.environment.clock.now();
    const waitMs = REPORT_EVERY_MS - (nowMs % REPORT_EVERY_MS);
    this.timer = this.environment.clock.after(waitMs, () => {
      // Figures of a time when the broker is away aren't worth keeping: they go into the next span.
      if (!this.isWriting) void this.report();
      if (!this.isStopped) this.start();
    });
  }

  private async report(): Promise<void> {
    const { clock, network, schemaIds, log, placement } = this.environment;
    this.isWriting = true;
    const nowMs = clock.now();
    const common = {
      process: this.process,
      at: nowMs,
      spanMs: Math.max(1, nowMs - this.lastMs),
      busyPpm: Math.round((placement?.use.busy ?? 0) * MILLIONTHS),
      memoryBytes: this.memoryBytes(),
    };
    this.lastMs = nowMs;
    const name = network.genesis.network;
    try {
      await this.writer.write(
        this.runners.map((runner) => {
          const { name: stage, group } = runner.definition;
          const metrics: StageMetrics = { stage, group, ...common, partitions: runner.measure() };
          const key = Buffer.from(`${group}/${this.process}`);
          const value = codec("StageMetrics").encode(metrics);
          return outgoing({ topic: "metrics.stages", partition: 0, key, value }, name, schemaIds);
        }),
      );
    } catch (error) {
      log.warn({ code: "METRICS_NOT_WRITTEN", error: String(error) }, "what was measured is lost");
    } finally {
      this.isWriting = false;
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    await this.writer.close();
  }
}
