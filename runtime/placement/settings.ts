import type { MeasuredUse } from "../../processors/placement/load-meter.js";
import type { Strategy } from "../../processors/placement/terms.js";
import type { AskTurns } from "./ask-turns.js";

/** How this process shares in its stages with others, and what it needs to know for that. */
export interface PlacementSettings {
  readonly strategy: Strategy;
  /** What this process can do compared with others. */
  readonly weight: number;
  /** What a move must save, as a share of one process' time. */
  readonly moveCost: number;
  /** Least time between two rebalances that load is the reason of, in milliseconds. */
  readonly intervalMsMin: number;
  /** What the process' time goes to; all its stages tell it of their steps. */
  readonly use: MeasuredUse & { stepped(stepMs: number): void };
  /** Shared by all stages of the process. */
  readonly turns: AskTurns;
  /** Members of a group as they last joined; empty while they join. Throws where the broker doesn't answer. */
  readonly groupMembers: (groupId: string) => Promise<readonly GroupMember[]>;
}

export interface GroupMember {
  readonly id: string;
  /** Metadata that it joined with, encoded. */
  readonly metadata: Buffer;
  /** What it was assigned, encoded. */
  readonly assignment: Buffer;
}
