/** What other stages' moves changed shows in a process' busy time after about so long, in milliseconds. */
const TURN_MS = 20_000;

/**
 * One stage of a process after the other asks for a rebalance: all of them see the same busy process, and together they
 * would empty it.
 */
export class AskTurns {
  private lastMs = Number.NEGATIVE_INFINITY;

  /** @param intervalMsMin see PlacementSettings */
  constructor(private readonly intervalMsMin: number) {}

  /** Whether it may be asked now; if so it is somebody else's turn only later. */
  take(nowMs: number): boolean {
    if (nowMs - this.lastMs < Math.min(TURN_MS, this.intervalMsMin)) return false;
    this.lastMs = nowMs;
    return true;
  }
}
