import type { CrossShardMessage, Priority, ReceiptResult, TopologyChange } from "../../schemas/generated.js";
import { GrowingTree } from "../merkle.js";
import { Overlay } from "../state/overlay.js";
import type { State } from "../state/state.js";
import { byShardAndPriority, type Channels, PRIORITIES } from "./channels.js";
import type { EntryOutcome } from "./context.js";
import type { LogRecord } from "./log-record.js";
import type { Bundle } from "./outbox.js";
import type { ChainPosition } from "./position.js";

/** What goes to a shard in one bundle. */
interface Outgoing {
  readonly shard: number;
  readonly priority: Priority;
  readonly messages: CrossShardMessage[];
  change: TopologyChange | null;
  isLast: boolean;
}

/** The block that a shard's log is in the middle of: it has at least one entry. */
export class OpenBlock {
  readonly overlay: Overlay;
  readonly entries = new GrowingTree();
  readonly receipts: ReceiptResult[] = [];
  private readonly outbox = new Map<string, Outgoing>();
  /** Append time of the first entry, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly firstSequence: number;
  /** Entries, messages of a bundle one each. */
  weight = 0;
  /** Chain time, in milliseconds since 1970. */
  time: number;

  constructor(state: State, last: ChainPosition, first: LogRecord) {
    this.overlay = new Overlay(state);
    this.sinceMs = first.timeMs;
    this.time = last.time;
    this.firstSequence = last.sequence + 1;
  }

  /** Counts a record as the next entry. */
  enter(record: LogRecord): void {
    this.entries.push(record.bytes);
    this.weight += 1;
    this.time = Math.max(this.time, record.timeMs);
  }

  get lastSequence(): number {
    return this.firstSequence + this.entries.length - 1;
  }

  record({ receipt, message }: EntryOutcome): void {
    this.receipts.push(receipt);
    if (message) this.to(message.to, message.message.priority).messages.push(message.message);
  }

  /** A bundle goes to a shard, with or without messages. */
  to(shard: number, priority: Priority): Outgoing {
    const name = `${shard} ${priority}`;
    let found = this.outbox.get(name);
    if (!found) {
      found = { shard, priority, messages: [], change: null, isLast: false };
      this.outbox.set(name, found);
    }
    return found;
  }

  /** All channels to a shard end with this block. */
  lastTo(shard: number): void {
    for (const priority of PRIORITIES) this.to(shard, priority).isLast = true;
  }

  /** Numbers what goes out, by ascending destination and priority. */
  bundles(channels: Channels): Bundle[] {
    return [...this.outbox.values()]
      .sort(byShardAndPriority)
      .map(({ shard, priority, messages, change, isLast }) => ({
        destination: shard,
        priority,
        channelSequence: channels.nextTo(shard, priority),
        messages,
        change,
        isLast,
      }));
  }
}
