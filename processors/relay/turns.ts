import { PRIORITIES } from "../../ledger/block/channels.js";
import type { Priority } from "../../schemas/generated.js";

/** Messages are counted anew after this time, in milliseconds. */
const TURN_MS = 100;
/** Messages of a turn beyond which bundles of less than the highest priority wait for the next. */
const TURN_MESSAGES_MAX = 1_000;
/** Bundles of the lowest priority go out together once in this time, in milliseconds. */
const BACKGROUND_MS = 1_000;

/** Something that waits for its turn. */
export interface Waiting {
  readonly priority: Priority;
  readonly messages: number;
  /** Nothing of its priority may wait once it is there. */
  readonly isUrgent: boolean;
}

/**
 * Whose turn it is: HIGH goes at once; MEDIUM at once too, as far as HIGH left room in the turn, but one bundle in each turn;
 * LOW once a second, as far as both left room, but one bundle each time. So whatever comes, nothing waits for ever, and each
 * priority keeps its order.
 */
export class Turns<T extends Waiting> {
  private readonly queues: Record<Priority, T[]> = { HIGH: [], MEDIUM: [], LOW: [] };
  private turn = 0;
  private used = 0;
  private mediumInTurn = false;
  private backgroundAtMs: number | undefined;

  add(item: T, nowMs: number): void {
    this.queues[item.priority].push(item);
    if (item.priority === "LOW")
      this.backgroundAtMs ??= (Math.floor(nowMs / BACKGROUND_MS) + 1) * BACKGROUND_MS;
  }

  /** All that wait. */
  get waiting(): readonly T[] {
    return PRIORITIES.flatMap((priority) => this.queues[priority]);
  }

  /** What goes out now, in order. */
  take(nowMs: number): T[] {
    const turn = Math.floor(nowMs / TURN_MS);
    if (turn !== this.turn) {
      this.turn = turn;
      this.used = 0;
      this.mediumInTurn = false;
    }
    const taken: T[] = [];
    for (const priority of PRIORITIES) {
      const queue = this.queues[priority];
      const isUrgent = queue.some((item) => item.isUrgent);
      while (queue.length > 0 && (isUrgent || this.isTurnOf(priority, nowMs))) {
        const item = queue.shift()!;
        this.used += item.messages;
        if (priority === "MEDIUM") this.mediumInTurn = true;
        // The first one of the background's turn may go whatever was used; the others where there is room.
        if (priority === "LOW") this.backgroundAtMs = (Math.floor(nowMs / BACKGROUND_MS) + 1) * BACKGROUND_MS;
        taken.push(item);
        if (priority === "LOW" && !isUrgent) taken.push(...this.moreOfBackground());
      }
    }
    if (this.queues.LOW.length === 0) this.backgroundAtMs = undefined;
    return taken;
  }

  private isTurnOf(priority: Priority, nowMs: number): boolean {
    switch (priority) {
      case "HIGH":
        return true;
      case "MEDIUM":
        return this.used < TURN_MESSAGES_MAX || !this.mediumInTurn;
      case "LOW":
        return this.backgroundAtMs !== undefined && this.backgroundAtMs <= nowMs;
    }
  }

  private moreOfBackground(): T[] {
    const more: T[] = [];
    while (this.queues.LOW.length > 0 && this.used < TURN_MESSAGES_MAX) {
      const item = this.queues.LOW.shift()!;
      this.used += item.messages;
      more.push(item);
    }
    return more;
  }

  /** When something that waits may go, in milliseconds since 1970; undefined: nothing waits. */
  get nextAtMs(): number | undefined {
    if (this.queues.MEDIUM.length > 0) return (this.turn + 1) * TURN_MS;
    return this.backgroundAtMs;
  }
}
