import type { Clock, Timer } from "../../runtime/clock.js";
import type { Scheduled, Scheduler } from "./scheduler.js";

/**
 * An operating-system process: killed, it never hears of anything again, and what it sent is on its way; frozen (SIGSTOP),
 * it hears of everything at once when it is resumed.
 */
export class SimulatedProcess {
  private state: "running" | "frozen" | "dead" = "running";
  private readonly missed: (() => void)[] = [];
  /** Effects on broker and disk so far. */
  effects = 0;
  /** Dies at this effect: before it is done or right after, before it hears of it. */
  crashAt: { readonly effect: number; readonly when: "before" | "after" } | undefined;

  /** @param skewMs what its clock is ahead of the broker's */
  constructor(
    readonly name: string,
    readonly scheduler: Scheduler,
    private readonly skewMs: number,
    private readonly onDeath: (process: SimulatedProcess) => void,
  ) {}

  get isAlive(): boolean {
    return this.state !== "dead";
  }

  get isFrozen(): boolean {
    return this.state === "frozen";
  }

  readonly clock: Clock = {
    now: () => Math.floor(this.scheduler.nowMs + this.skewMs),
    after: (ms, call): Timer => {
      const event = this.later(ms, "timer", call);
      return {
        cancel: () => {
          event.run = undefined;
        },
      };
    },
  };

  /** Runs in this process after so long, unless it is dead by then. */
  later(delayMs: number, label: string, run: () => void): Scheduled {
    return this.scheduler.after(delayMs, label, () => this.hear(run));
  }

  private hear(run: () => void): void {
    if (this.state === "dead") return;
    if (this.state === "frozen") this.missed.push(run);
    else run();
  }

  kill(): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.missed.length = 0;
    this.onDeath(this);
  }

  freeze(): void {
    if (this.state === "running") this.state = "frozen";
  }

  resume(): void {
    if (this.state !== "frozen") return;
    this.state = "running";
    for (const run of this.missed.splice(0)) this.later(0, "resumed", run);
  }

  /**
   * Does something to the world outside; dies before or after it where `crashAt` says so.
   * @returns whether it was done
   */
  effect(run: () => void): boolean {
    if (!this.isAlive) return false;
    this.effects++;
    const crash = this.crashAt?.effect === this.effects ? this.crashAt.when : undefined;
    if (crash === "before") {
      this.kill();
      return false;
    }
    run();
    if (crash === "after") this.kill();
    return true;
  }
}
