import type { CrossShardBundle, Priority, ReceivedBundles, SentBundles } from "../../schemas/generated.js";
import { MAIN_CHAIN } from "../topology.js";
import type { VoidReason } from "./log-record.js";

/** In the order of the schema's symbols. */
export const PRIORITIES: readonly Priority[] = ["HIGH", "MEDIUM", "LOW"];

/** Channels of a priority each that a shard has from its first block on: nothing came yet. */
export function newChannels(shard: number, prefix: string): ReceivedBundles[] {
  return PRIORITIES.map((priority) => ({ shard, priority, prefix, count: 0 }));
}

/** A bundle that counts. */
export interface Taken {
  /** Prefixes of the accounts that it is for. */
  readonly prefixes: readonly string[];
}

/**
 * A shard's bundles from and to others. Those between the main chain and the others are numbered for each priority, and count
 * once and in order. Answers between others are not: what they settle is settled once, because the escrow is closed then.
 */
export class Channels {
  private received: ReceivedBundles[];
  private readonly sentCounts: Map<string, SentBundles>;

  constructor(
    private readonly shard: number,
    private readonly prefix: string,
    /** Whether it took others' place: answers to them are its own. */
    private readonly isHeir: boolean,
    record: { readonly sent: readonly SentBundles[]; readonly received: readonly ReceivedBundles[] },
  ) {
    this.received = [...record.received];
    this.sentCounts = new Map(record.sent.map((sent) => [nameOf(sent), sent]));
  }

  /** Whether a bundle's number is the next of its channel; what it says is not looked at. */
  faultOf(bundle: CrossShardBundle): VoidReason | undefined {
    const from = bundle.header.shard;
    if (this.isAnswer(from)) {
      // Numbers that can't be must not reach the leaf's hash.
      if (bundle.channelSequence !== 0) return "OUT_OF_CHANNEL_ORDER";
      const isOurs = bundle.destination === this.shard || (this.isHeir && bundle.destination >= 0);
      return isOurs ? undefined : "OTHER_SHARD";
    }
    const channels = this.channelsOf(bundle);
    if (channels.length === 0) return "OTHER_SHARD";
    return channels.some(({ count }) => count + 1 === bundle.channelSequence)
      ? undefined
      : "OUT_OF_CHANNEL_ORDER";
  }

  /** Takes a bundle without fault. */
  take(bundle: CrossShardBundle): Taken {
    if (this.isAnswer(bundle.header.shard)) return { prefixes: [this.prefix] };
    const next = this.channelsOf(bundle).filter(({ count }) => count + 1 === bundle.channelSequence);
    this.received = this.received.flatMap((channel) => {
      if (!next.includes(channel)) return [channel];
      return bundle.isLast ? [] : [{ ...channel, count: channel.count + 1 }];
    });
    return { prefixes: next.map(({ prefix }) => prefix) };
  }

  private isAnswer(from: number): boolean {
    return from !== MAIN_CHAIN && this.shard !== MAIN_CHAIN;
  }

  private channelsOf({ header, destination, priority }: CrossShardBundle): ReceivedBundles[] {
    const shard = this.shard === MAIN_CHAIN ? header.shard : destination;
    const isToUs = this.shard !== MAIN_CHAIN || destination === MAIN_CHAIN;
    return this.received.filter(
      (channel) => isToUs && channel.shard === shard && channel.priority === priority,
    );
  }

  /** Number of the next bundle to a shard; 0 for answers. */
  nextTo(shard: number, priority: Priority): number {
    if (this.isAnswer(shard)) return 0;
    const name = nameOf({ shard, priority });
    const count = (this.sentCounts.get(name)?.count ?? 0) + 1;
    this.sentCounts.set(name, { shard, priority, count });
    return count;
  }

  /** Another shard begins: the main chain will hear of it. */
  open(shard: number): void {
    this.received.push(...newChannels(shard, ""));
  }

  /** Nothing more goes to a shard. */
  forgetSent(shard: number): void {
    for (const priority of PRIORITIES) this.sentCounts.delete(nameOf({ shard, priority }));
  }

  /** Whether anything may still come from a shard. */
  isOpen(shard: number): boolean {
    return this.received.some((channel) => channel.shard === shard);
  }

  /** For the shard's own record. */
  get record(): { sent: SentBundles[]; received: ReceivedBundles[] } {
    return {
      sent: [...this.sentCounts.values()].sort(byShardAndPriority),
      received: [...this.received].sort(
        (a, b) => byShardAndPriority(a, b) || (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0),
      ),
    };
  }
}

interface Named {
  readonly shard: number;
  readonly priority: Priority;
}

function nameOf({ shard, priority }: Named): string {
  return `${shard} ${priority}`;
}

/** The order of channels, and of bundles in messagesRoot. */
export function byShardAndPriority(a: Named, b: Named): number {
  return a.shard - b.shard || PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority);
}
