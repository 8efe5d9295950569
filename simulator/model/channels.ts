import { compareText } from "./marks.js";
import { MAIN_CHAIN } from "./network.js";
import type { CrossShardBundle } from "./records.js";
import type { Channels as ChannelsRecord } from "./state-records.js";
import type { Priority, ReceivedBundles, SentBundles, ShardPlace } from "./topology-records.js";

/** Ascending: as the schema has them. */
export const PRIORITIES = ["HIGH", "MEDIUM", "LOW"] as const satisfies readonly Priority[];

export interface Channel {
  readonly shard: number;
  readonly priority: Priority;
}

export function byChannel(left: Channel, right: Channel): number {
  return left.shard - right.shard || PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority);
}

/** Three channels in which nothing came yet. */
export function freshChannels(shard: number, prefix: string): ReceivedBundles[] {
  return PRIORITIES.map((priority) => ({ shard, priority, prefix, count: 0 }));
}

/** The bundles that one shard has taken in and sent, as far as they are numbered: between the main chain and the others. */
export class Channels {
  private received: readonly ReceivedBundles[];
  private sent: readonly SentBundles[] = [];

  constructor(
    private readonly place: ShardPlace,
    received: readonly ReceivedBundles[],
  ) {
    this.received = received;
  }

  private isNumberedWith(other: number): boolean {
    return (this.place.shard === MAIN_CHAIN) !== (other === MAIN_CHAIN);
  }

  /** Prefixes of the accounts that a bundle is for, going by its number and destination alone; none: it doesn't count. */
  prefixesOf(bundle: CrossShardBundle): string[] {
    const { shard, prefix, epoch } = this.place;
    const { header, destination } = bundle;
    if (this.isNumberedWith(header.shard)) return this.nextOf(bundle).map((channel) => channel.prefix);
    // The main chain has no business with itself.
    if (shard === MAIN_CHAIN) return [];
    const isAddressedHere = destination === shard || epoch > 0;
    return isAddressedHere ? [prefix] : [];
  }

  private nextOf({ header, destination, priority, channelSequence }: CrossShardBundle): ReceivedBundles[] {
    if (this.place.shard === MAIN_CHAIN && destination !== MAIN_CHAIN) return [];
    const name = this.place.shard === MAIN_CHAIN ? header.shard : destination;
    return this.received.filter(
      (channel) =>
        channel.shard === name && channel.priority === priority && channel.count === channelSequence - 1,
    );
  }

  take(bundle: CrossShardBundle): void {
    if (!this.isNumberedWith(bundle.header.shard)) return;
    const next = this.nextOf(bundle);
    const others = this.received.filter((channel) => !next.includes(channel));
    const counted = next.map((channel) => ({ ...channel, count: bundle.channelSequence }));
    this.received = bundle.isLast ? others : [...others, ...counted];
  }

  /** Whether bundles of a shard may still count. */
  hears(shard: number): boolean {
    return this.received.some((channel) => channel.shard === shard);
  }

  /** The main chain will hear of one more shard. */
  open(shard: number): void {
    this.received = [...this.received, ...freshChannels(shard, "")];
  }

  /** Number of the next bundle; 0 where bundles have none. */
  number({ shard, priority }: Channel): number {
    if (!this.isNumberedWith(shard)) return 0;
    const isIt = (channel: Channel) => channel.shard === shard && channel.priority === priority;
    const count = 1 + (this.sent.find(isIt)?.count ?? 0);
    this.sent = [...this.sent.filter((channel) => !isIt(channel)), { shard, priority, count }];
    return count;
  }

  /** Nothing goes to a shard any more. */
  close(shard: number): void {
    this.sent = this.sent.filter((channel) => channel.shard !== shard);
  }

  /** As in the shard's own record. */
  get record(): ChannelsRecord {
    return {
      sent: [...this.sent].sort(byChannel),
      received: [...this.received].sort(
        (left, right) => byChannel(left, right) || compareText(left.prefix, right.prefix),
      ),
    };
  }
}
