import type { Chance } from "../../simulator/kernel/random.js";
import type { DoneChange } from "../changes/change.js";
import type { Load } from "../load/load.js";
import type { ChaosNetwork } from "../network/chaos-network.js";
import type { ProcessName } from "../network/process-name.js";

/** Every class of fault, once. */
export const FAULT_CLASSES = [
  "kill-validate",
  "kill-shard-assign",
  "kill-execute",
  "kill-finalize",
  "kill-relay",
  "kill-notify",
  "kill-validator",
  "kill-checkpoints",
  "kill-two",
  "restart-process",
  "freeze-process",
  "zombie-member",
  "second-producer",
  "rebalance-storm",
  "delete-store",
  "corrupt-store",
  "slow-consumer",
  "poison-records",
  "repeated-submissions",
  "drop-replies",
  "delay-replies",
  "cut-connections",
  "kill-broker",
  "freeze-broker",
  "kill-registry",
  "reshard",
] as const;

export type FaultClass = (typeof FAULT_CLASSES)[number];

/** What a fault has to work with. */
export interface Surroundings {
  readonly network: ChaosNetwork;
  readonly load: Load;
  readonly chance: Chance;
}

/** How long a process that was killed took until its first output, in milliseconds. */
export interface Recovery {
  readonly process: ProcessName;
  readonly tookMs: number;
}

/** What a fault did. */
export interface Strike {
  /** What it hit, for people. */
  readonly hit: string;
  /** From when the network is to heal, in milliseconds since 1970. */
  readonly overMs: number;
  /** Of processes that were killed with their state intact. */
  readonly recoveries?: readonly Recovery[];
  /** Splits and merges that it made. */
  readonly changes?: readonly DoneChange[];
  /** What should not have been possible, or didn't come about; a sentence each. */
  readonly wrong?: readonly string[];
}

/** Does it. Resolves when it is over; what was killed is started again by then. */
export type Fault = (surroundings: Surroundings) => Promise<Strike>;
