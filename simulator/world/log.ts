import type { StageLog } from "../../runtime/driver/environment.js";

/** Lines that are kept for looking into a seed. */
const LINES_MAX = 200;

/** What stages log; the last lines are kept. */
export class SimulatedLog implements StageLog {
  private readonly entries: (() => string)[];

  constructor(
    private readonly nowMs: () => number,
    private readonly bindings: object = {},
    parent?: SimulatedLog,
  ) {
    this.entries = parent?.entries ?? [];
  }

  child(bindings: object): SimulatedLog {
    return new SimulatedLog(this.nowMs, { ...this.bindings, ...bindings }, this);
  }

  trace(): void {}
  debug(): void {}
  info(details: object, message: string): void {
    this.note("info", details, message);
  }
  warn(details: object, message: string): void {
    this.note("warn", details, message);
  }
  error(details: object, message: string): void {
    this.note("error", details, message);
  }

  private note(level: string, details: object, message: string): void {
    const nowMs = this.nowMs();
    // Put into words only where somebody reads them: nearly no seed's are.
    this.entries.push(
      () => `${nowMs} ${level} ${JSON.stringify({ ...this.bindings, ...details })} ${message}`,
    );
    if (this.entries.length > LINES_MAX) this.entries.shift();
  }

  get lines(): string[] {
    return this.entries.map((inWords) => inWords());
  }
}
