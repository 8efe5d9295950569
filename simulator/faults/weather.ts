import type { NetworkWeather } from "../kafka/connection.js";
import type { EndHazard } from "../kafka/producer.js";
import type { Random } from "../kernel/random.js";
import type { Scheduler } from "../kernel/scheduler.js";
import type { FaultClass } from "./classes.js";

/** One way on a slow network takes at most this long, in milliseconds. */
const SLOW_MS_MAX = 400;
/** How much later a repeated request may arrive, in milliseconds. */
const REPEAT_MS_MAX = 150;
/** A marker on its way to a partition, in milliseconds: usually, and when it is late. */
const MARKER_MS_MAX = 2;
const LATE_MARKER_MS_MAX = 300;

/** What the network and the coordinator do to requests; each kind of trouble is on for a while, then off. */
export class Weather implements NetworkWeather, EndHazard {
  lostRequest = 0;
  lostReply = 0;
  slow = 0;
  readonly slowMs = SLOW_MS_MAX;
  private repeats = false;
  private delaysMarkers = false;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly note: (fault: FaultClass) => void,
  ) {}

  count(fault: "lost-request" | "lost-reply" | "slow-network"): void {
    this.note(fault);
  }

  repeatAfterMs(): number | undefined {
    if (!this.repeats || !this.random.chance(0.5)) return undefined;
    this.note("repeated-end");
    return this.random.fraction() * REPEAT_MS_MAX;
  }

  markerDelayMs(): number {
    if (!this.delaysMarkers || !this.random.chance(0.3)) return this.random.fraction() * MARKER_MS_MAX;
    this.note("late-marker");
    return this.random.fraction() * LATE_MARKER_MS_MAX;
  }

  /** One kind of trouble for a while. */
  worsen(
    fault: "lost-request" | "lost-reply" | "slow-network" | "repeated-end" | "late-marker",
    forMs: number,
  ): void {
    const set = (isOn: boolean) => {
      switch (fault) {
        case "lost-request":
          this.lostRequest = isOn ? 0.1 : 0;
          break;
        case "lost-reply":
          this.lostReply = isOn ? 0.1 : 0;
          break;
        case "slow-network":
          this.slow = isOn ? 0.2 : 0;
          break;
        case "repeated-end":
          this.repeats = isOn;
          break;
        case "late-marker":
          this.delaysMarkers = isOn;
          break;
      }
    };
    set(true);
    this.scheduler.after(forMs, "weather", () => set(false));
  }
}
