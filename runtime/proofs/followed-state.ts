import type { Network } from "../../ledger/genesis/genesis.js";
import { type NoProof, noProof } from "../../processors/proofs/outcome.js";
import { StateFollower } from "../../processors/proofs/state-follower.js";
import { read } from "../../processors/read.js";
import type { Certificates } from "./certificates.js";
import type { TopicSource } from "./topic-source.js";

/** Blocks after which progress is told. */
const BLOCKS_A_LINE = 1_000;

/** A shard's state, read from shard.finalized and shard.changes as far as it is asked for. */
export class FollowedState {
  readonly state: StateFollower;
  private readonly partition: number;
  private certificatesNext = 0;
  private changesNext: number | undefined;
  private certifiedHeight = 0;
  private told = 0;

  constructor(
    network: Network,
    private readonly source: TopicSource,
    private readonly certificates: Certificates,
    readonly shard: number,
    private readonly say: (line: string) => void,
  ) {
    this.partition = network.topology.shard(shard).partition;
    this.state = new StateFollower(network, shard);
  }

  /** Reads on until the state is that of a height; undefined: it is. */
  async advanceTo(height: number): Promise<NoProof | undefined> {
    const { shard, state } = this;
    if (state.height > height) {
      const message = `shard ${shard}: the state was followed to ${state.height}, beyond ${height}`;
      return noProof("CHANGES_NOT_FOUND", message);
    }
    if (this.changesNext === undefined) {
      const { low } = await this.source.bounds("shard.changes", this.partition);
      if (low > 0)
        return noProof("RETENTION", `shard ${shard}: shard.changes no longer has the first blocks' changes`);
      this.changesNext = 0;
    }
    while (!state.advanceTo(height)) {
      this.tell(height);
      // In step, so that neither has to wait in memory for the other.
      const isBehind = this.certifiedHeight <= state.height;
      const moved = isBehind ? await this.readCertificates() : await this.readChanges();
      if (moved) continue;
      const message = `shard ${shard}: certified changes lead to height ${state.height} only, not to ${height}`;
      return noProof("CHANGES_NOT_FOUND", message);
    }
    return undefined;
  }

  private tell(height: number): void {
    if (this.state.height < this.told + BLOCKS_A_LINE) return;
    this.told = this.state.height;
    this.say(`shard ${this.shard}: state at height ${this.told} of ${height}`);
  }

  /** One fetch of certificates; false: there is nothing new. */
  private async readCertificates(): Promise<boolean> {
    const fetched = await this.source.fetch("shard.finalized", this.partition, this.certificatesNext);
    for (const record of fetched.records) {
      const height = read("FinalityCertificate", record)?.header.height ?? 0;
      if (height <= this.certifiedHeight) continue;
      const certificate = this.certificates.verified(this.shard, record);
      if (!certificate) continue;
      this.state.addCertificate(certificate);
      this.certifiedHeight = height;
    }
    const moved = fetched.next > this.certificatesNext;
    this.certificatesNext = fetched.next;
    return moved;
  }

  /** One fetch of changes; false: there is nothing new. */
  private async readChanges(): Promise<boolean> {
    const fetched = await this.source.fetch("shard.changes", this.partition, this.changesNext!);
    for (const record of fetched.records) {
      const changes = read("BlockChanges", record);
      if (changes) this.state.addChanges(changes, record.offset);
    }
    const moved = fetched.next > this.changesNext!;
    this.changesNext = fetched.next;
    return moved;
  }
}
