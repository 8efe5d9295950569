import type { StageLog } from "../../runtime/driver/environment.js";

/** Lines that are kept for looking into a seed. */
const LINES_MAX = 200;

/** What stages log: counted by code, and the last warnings kept. */
export class SimulatedLog implements StageLog {
  readonly codes: Map<string, number>;
  readonly lines: string[];

  constructor(
    private readonly nowMs: () => number,
    private readonly bindings: object = {},
    parent?: SimulatedLog,
  ) {
    this.codes = parent?.codes ?? new Map();
    this.lines = parent?.lines ?? [];
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
    const { code } = details as { code?: string };
    if (level !== "info") this.codes.set(code ?? message, (this.codes.get(code ?? message) ?? 0) + 1);
    this.lines.push(
      `${this.nowMs()} ${level} ${JSON.stringify({ ...this.bindings, ...details })} ${message}`,
    );
    if (this.lines.length > LINES_MAX) this.lines.shift();
  }
}
