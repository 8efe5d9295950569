interface Channel {
  /** Digests of sending blocks whose bundle was not received yet, by channel number. */
  readonly sent: Map<number, Buffer>;
  /** Number of the last bundle that was sent before the sender's replay began. */
  sentBefore: number;
  received: number;
}

/** Bundles between the shards: each that a log has taken must be its sender's own. Keeps only what is under way. */
export class Channels {
  private readonly channels = new Map<string, Channel>();

  /** A replay begins after that many bundles to another shard: they count by their certificates, which logs come with. */
  beginAfterSent(from: number, to: number, sent: number): void {
    this.channel(from, to).sentBefore = sent;
  }

  /** A replay begins after that many bundles from another shard. */
  beginAfterReceived(from: number, to: number, received: number): void {
    this.channel(from, to).received = received;
  }

  /** Number of the next bundle that a shard takes from another. */
  expected(from: number, to: number): number {
    return (this.channels.get(`${from}-${to}`)?.received ?? 0) + 1;
  }

  send(from: number, to: number, channelSequence: number, digest: Buffer): void {
    const channel = this.channel(from, to);
    // What was received before the receiver's replay began nobody will ask for.
    if (channelSequence > channel.received) channel.sent.set(channelSequence, digest);
  }

  hasSent(from: number, to: number, channelSequence: number): boolean {
    const channel = this.channels.get(`${from}-${to}`);
    return (
      channel !== undefined && (channelSequence <= channel.sentBefore || channel.sent.has(channelSequence))
    );
  }

  /** Counts the next bundle as received; false: the sender's block at this number of the channel is another one, or none. */
  receive(from: number, to: number, digest: Buffer): boolean {
    const channel = this.channel(from, to);
    channel.received++;
    if (channel.received <= channel.sentBefore) return true;
    const sent = channel.sent.get(channel.received);
    channel.sent.delete(channel.received);
    return sent?.equals(digest) ?? false;
  }

  private channel(from: number, to: number): Channel {
    const name = `${from}-${to}`;
    let found = this.channels.get(name);
    if (!found) {
      found = { sent: new Map(), sentBefore: 0, received: 0 };
      this.channels.set(name, found);
    }
    return found;
  }
}
