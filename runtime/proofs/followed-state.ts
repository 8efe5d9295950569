import type { Network } from "../../ledger/genesis/genesis.js";
import { type NoProof, noProof } from "../../processors/proofs/outcome.js";
import { StateFollower } from "../../processors/proofs/state-follower.js";
import { read } from "../../processors/read.js";
import { recordHeight } from "../../processors/record-height.js";
import { stateTable, valuesBefore } from "../network/state-table.js";
import type { Certificates } from "./certificates.js";
import { offsetAbove, recordsFrom, type TopicSource } from "./topic-source.js";

/** Blocks after which progress is told. */
const BLOCKS_A_LINE = 1_000;

/** A shard's state, followed in shard.finalized and shard.changes as far as it is asked for. */
export class FollowedState {
  private certifiedHeight: number;
  private told: number;

  private constructor(
    private readonly source: TopicSource,
    private readonly certificates: Certificates,
    private readonly partition: number,
    readonly state: StateFollower,
    private certificatesNext: number,
    private changesNext: number,
    private readonly say: (line: string) => void,
  ) {
    this.certifiedHeight = state.height;
    this.told = state.height;
  }

  /**
   * Begins with the genesis, or what the shards before left, as long as shard.changes has the first blocks' changes, else with
   * what shard.state has now.
   * Then the first checkpoint that it can be moved to is one to come.
   */
  static async open(
    network: Network,
    source: TopicSource,
    certificates: Certificates,
    shard: number,
    say: (line: string) => void,
  ): Promise<FollowedState> {
    const { partition } = network.topology.shard(shard);
    const { low } = await source.bounds("shard.changes", partition);
    const recordsOf = (number: number) => recordsFrom(source, "shard.state", number, 0);
    if (low === 0) {
      const values = await valuesBefore(network, shard, recordsOf);
      const state = new StateFollower(network, shard, { height: 0, values });
      return new FollowedState(source, certificates, partition, state, 0, 0, say);
    }
    say(`shard ${shard}: shard.changes no longer goes back to the first block; reading shard.state`);
    const table = await stateTable(network, shard, recordsOf);
    const state = new StateFollower(network, shard, table);
    const { height } = table;
    const certificatesNext = await offsetAbove(source, "shard.finalized", partition, height, recordHeight);
    const changesNext = await offsetAbove(source, "shard.changes", partition, height, recordHeight);
    return new FollowedState(source, certificates, partition, state, certificatesNext, changesNext, say);
  }

  /** Reads on until the state is that of a height, at or above where it is; undefined: it is. */
  async advanceTo(height: number): Promise<NoProof | undefined> {
    const { state } = this;
    const { shard } = state;
    const from = { height: state.height, atMs: performance.now() };
    while (!state.advanceTo(height)) {
      this.tell(height, from);
      // In step, so that neither has to wait in memory for the other.
      const isBehind = this.certifiedHeight <= state.height;
      const moved = isBehind ? await this.readCertificates() : await this.readChanges();
      if (moved) continue;
      const message = `shard ${shard}: certified changes lead to height ${state.height} only, not to ${height}`;
      return noProof("CHANGES_NOT_FOUND", message);
    }
    return undefined;
  }

  private tell(height: number, from: { readonly height: number; readonly atMs: number }): void {
    if (this.state.height < this.told + BLOCKS_A_LINE) return;
    this.told = this.state.height;
    const msPerBlock = (performance.now() - from.atMs) / Math.max(1, this.told - from.height);
    const seconds = Math.ceil((msPerBlock * (height - this.told)) / 1_000);
    this.say(`shard ${this.state.shard}: state at height ${this.told} of ${height}, about ${seconds} s left`);
  }

  /** One fetch of certificates; false: there is nothing new. */
  private async readCertificates(): Promise<boolean> {
    const fetched = await this.source.fetch("shard.finalized", this.partition, this.certificatesNext);
    for (const record of fetched.records) {
      const height = read("FinalityCertificate", record)?.header.height ?? 0;
      if (height <= this.certifiedHeight) continue;
      const certificate = this.certificates.verified(this.state.shard, record);
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
    const fetched = await this.source.fetch("shard.changes", this.partition, this.changesNext);
    for (const record of fetched.records) {
      const changes = read("BlockChanges", record);
      if (changes) this.state.addChanges(changes, record.offset);
    }
    const moved = fetched.next > this.changesNext;
    this.changesNext = fetched.next;
    return moved;
  }
}
