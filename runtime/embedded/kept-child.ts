import { messageOf } from "./errors.js";
import type { ChildEnd, JavaChild } from "./java-child.js";
import { pause, secondsSince } from "./time.js";

/** Pause before a child that ended unasked is started again, and before each further try, in milliseconds. */
const RESTART_PAUSE_MS = 250;

/** How a child is kept. */
export interface Keeping {
  /** Starts it again on the same ports and data; undefined: it isn't. */
  readonly startAgain?: (() => Promise<JavaChild>) | undefined;
  /** Told of each end that nobody asked for. */
  readonly onEnd: (end: ChildEnd) => void;
  readonly log: (line: string) => void;
}

/** A child that, where asked for, is started again whenever it ends without `stop`. */
export class KeptChild {
  private stopping = false;
  private readonly watching: Promise<void>;

  constructor(
    readonly name: string,
    private current: JavaChild,
    private readonly keeping: Keeping,
  ) {
    this.watching = this.watch();
  }

  /** Process id of the one that runs now, or ran last. */
  get pid(): number {
    return this.current.pid;
  }

  private async watch(): Promise<void> {
    for (;;) {
      const end = await this.current.ended;
      if (this.stopping) return;
      const endedMs = performance.now();
      this.keeping.onEnd(end);
      if (!this.keeping.startAgain || !(await this.revive(this.keeping.startAgain))) return;
      this.keeping.log(`${this.name} is back after ${secondsSince(endedMs)}`);
    }
  }

  /** Tries until one start succeeds; false: stopped meanwhile. */
  private async revive(startAgain: () => Promise<JavaChild>): Promise<boolean> {
    while (!this.stopping) {
      await pause(RESTART_PAUSE_MS);
      if (this.stopping) return false;
      try {
        this.current = await startAgain();
        return true;
      } catch (thrown) {
        if (!this.stopping) this.keeping.log(`${this.name} could not be started again: ${messageOf(thrown)}`);
      }
    }
    return false;
  }

  /** From here on its end is expected. The caller stops the processes; this waits for a start in progress. */
  async letGo(): Promise<void> {
    this.stopping = true;
    await this.watching;
  }
}
