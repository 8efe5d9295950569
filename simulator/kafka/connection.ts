import type { SimulatedProcess } from "../kernel/process.js";
import type { Random } from "../kernel/random.js";
import type { Broker } from "./broker.js";
import { type Answer, KafkaError } from "./errors.js";

/** What becomes of requests on their way; a fault schedule turns it up and down. */
export interface NetworkWeather {
  /** Chance that a request never arrives. */
  lostRequest: number;
  /** Chance that the answer to a request that was carried out never arrives. */
  lostReply: number;
  /** Chance that one way takes up to `slowMs`. */
  slow: number;
  slowMs: number;
  /** Counts what happened, by class. */
  count(fault: "lost-request" | "lost-reply" | "slow-network"): void;
}

/** One way on a quiet network, in milliseconds. */
const ONE_WAY_MS_MIN = 0.2;
const ONE_WAY_MS_MAX = 1.5;
/** How long a client takes to see that a connection broke, in milliseconds. */
const BROKEN_MS_MAX = 40;

/** How a client tries again. */
export interface Patience {
  /** Gives up after so long, in milliseconds. */
  readonly untilMs: number;
  /** Pause before the next attempt, in milliseconds. */
  readonly pauseMs: number;
}

export const NO_PATIENCE: Patience = { untilMs: 0, pauseMs: 0 };

/** A process's way to the broker: latency, loss, and the retries that kafkajs makes. */
export class Connection {
  constructor(
    readonly process: SimulatedProcess,
    readonly broker: Broker,
    private readonly weather: NetworkWeather,
    private readonly random: Random,
  ) {}

  /**
   * Sends a request. Resolves with the answer; rejects with KafkaError: what the broker answered, or CONNECTION where it is
   * not known whether it was carried out. Never settles once the process is dead.
   */
  request<T>(
    label: string,
    carryOut: (reply: (answer: Answer<T>) => void) => void,
    patience: Patience,
  ): Promise<T> {
    const { process } = this;
    const startMs = process.scheduler.nowMs;
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer<T>) => {
        if (answer.ok) resolve(answer.value);
        else if (answer.error.retriable && process.scheduler.nowMs - startMs < patience.untilMs) {
          process.later(patience.pauseMs + this.random.fraction(), "retry", attempt);
        } else reject(answer.error);
      };
      const broken = () =>
        process.later(this.random.fraction() * BROKEN_MS_MAX, "broken", () =>
          settle({ ok: false, error: new KafkaError("CONNECTION") }),
        );
      const attempt = () => {
        const arrives = () => {
          if (this.broker.isDown) return void broken();
          if (this.random.chance(this.weather.lostRequest)) {
            this.weather.count("lost-request");
            return void broken();
          }
          carryOut((answer) => {
            if (this.broker.isDown) return void broken();
            if (this.random.chance(this.weather.lostReply)) {
              this.weather.count("lost-reply");
              return void broken();
            }
            process.later(this.oneWayMs(), label, () => settle(answer));
          });
        };
        // What has left a process arrives, also when the process is dead by then.
        process.effect(() => process.scheduler.after(this.oneWayMs(), label, arrives));
      };
      attempt();
    });
  }

  private oneWayMs(): number {
    if (this.random.chance(this.weather.slow)) {
      this.weather.count("slow-network");
      return this.random.fraction() * this.weather.slowMs;
    }
    return ONE_WAY_MS_MIN + this.random.fraction() * (ONE_WAY_MS_MAX - ONE_WAY_MS_MIN);
  }
}
