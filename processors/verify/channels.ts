interface Channel {
  /** Digests of sending blocks whose bundle was not received yet, by channel number. */
  readonly sent: Map<number, Buffer>;
  received: number;
}

/** Bundles between the shards: each that a log has taken must be its sender's own. Keeps only what is under way. */
export class Channels {
  private readonly channels = new Map<string, Channel>();

  /** Number of the next bundle that a shard takes from another. */
  expected(from: number, to: number): number {
    return (this.channels.get(`${from}-${to}`)?.received ?? 0) + 1;
  }

  send(from: number, to: number, channelSequence: number, digest: Buffer): void {
    this.channel(from, to).sent.set(channelSequence, digest);
  }

  hasSent(from: number, to: number, channelSequence: number): boolean {
    return this.channels.get(`${from}-${to}`)?.sent.has(channelSequence) ?? false;
  }

  /** Counts the next bundle as received; false: the sender's block at this number of the channel is another one, or none. */
  receive(from: number, to: number, digest: Buffer): boolean {
    const channel = this.channel(from, to);
    channel.received++;
    const sent = channel.sent.get(channel.received);
    channel.sent.delete(channel.received);
    return sent?.equals(digest) ?? false;
  }

  private channel(from: number, to: number): Channel {
    const name = `${from}-${to}`;
    let found = this.channels.get(name);
    if (!found) {
      found = { sent: new Map(), received: 0 };
      this.channels.set(name, found);
    }
    return found;
  }
}
