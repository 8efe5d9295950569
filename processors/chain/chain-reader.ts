import type { ExecutedBlock, ExecutionRules, PlantedRules } from "../../ledger/block/executed-block.js";
import type { ChainPosition } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { OwnRecord, State } from "../../ledger/state/state.js";
import { WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import type { TopicName } from "../../topics/catalogue.js";
import { read } from "../read.js";
import type { Alert, InputRecord, StoreBatch } from "../stage.js";
import { OwnDigests } from "./own-digests.js";
import { CERTIFICATES_KEY, digestKey, encodeOffset, storeBatchOf } from "./store-layout.js";

/** Certificates that may wait for their block while a task catches up; reading them pauses above it. */
export const CERTIFICATES_WAITING_MAX = 10_000;

export interface ChainOptions {
  readonly network: Network;
  readonly shard: number;
  readonly state: State;
  readonly position: ChainPosition;
  /** Own digests at or below the position whose certificate has not been seen, from the local store. */
  readonly uncertified: ReadonlyMap<number, Buffer>;
  /** Next offset to read in shard.finalized, from the local store. */
  readonly certificatesOffset: number;
  /** The own record that the shard begins with, where it took others' place and has no block yet. */
  readonly inherited?: OwnRecord;
  readonly planted?: PlantedRules;
}

/**
 * What execute and vote have in common: both read a shard's log and certificates, close blocks, stay within the bound of
 * unfinalised blocks, and compare their digests with the certified ones.
 */
export class ChainReader {
  readonly chain: ShardChain;
  private readonly digests: OwnDigests;
  /** Log records read but not taken in, because too many blocks wait for certificates. */
  private backlog: InputRecord[] = [];
  /** Height that the local store has. */
  private storedHeight: number;
  /** Certificates above it, with their offsets. */
  private certificatesAhead: { height: number; offset: number }[] = [];
  private certificatesNext: number;
  private storedFrom: number;
  /** Digests in the store that were certified since the last store write. */
  private readonly storedDigests: [string, null][] = [];

  constructor(
    private readonly options: ChainOptions,
    rules: Pick<ExecutionRules, "isAuthentic">,
  ) {
    const { network, shard, state, position, inherited, planted } = options;
    this.storedHeight = position.height;
    this.certificatesNext = options.certificatesOffset;
    this.storedFrom = options.certificatesOffset;
    const ownRules = { ...rules, ...(planted && { planted }) };
    this.chain = new ShardChain(network, shard, state, position, ownRules, inherited);
    this.digests = new OwnDigests(shard, position.height, options.uncertified);
  }

  /** Where reading starts. The group's offsets don't matter: store and positions must belong together. */
  get startAt(): ReadonlyMap<TopicName, number> {
    const { position, certificatesOffset } = this.options;
    return new Map<TopicName, number>([
      ["shard.log", position.nextOffset],
      ["shard.finalized", certificatesOffset],
    ]);
  }

  /** Topics not to be read on for now. */
  get pause(): TopicName[] {
    const topics: TopicName[] = [];
    if (this.backlog.length > 0) topics.push("shard.log");
    if (this.digests.waiting >= CERTIFICATES_WAITING_MAX) topics.push("shard.finalized");
    return topics;
  }

  /** The shard has ended, and its last block is certified and stored. */
  get isDone(): boolean {
    const { height } = this.chain.position;
    return this.chain.hasEnded && this.certifiedHeight >= height && this.storedHeight >= height;
  }

  get certifiedHeight(): number {
    return this.digests.certifiedHeight;
  }

  /** Takes records of the log; returns the blocks that they close. Throws StageFault. */
  readLog(records: readonly InputRecord[]): ExecutedBlock[] {
    if (this.backlog.length > 0) {
      for (const record of records) this.backlog.push(record);
      return this.advance();
    }
    this.backlog = records as InputRecord[];
    return this.advance();
  }

  /** Closes what the bound of unfinalised blocks lets it. */
  private advance(): ExecutedBlock[] {
    const blocks: ExecutedBlock[] = [];
    const bound = this.options.network.genesis.parameters.unfinalisedBlocksMax;
    let taken = 0;
    for (const record of this.backlog) {
      if (this.chain.position.height - this.certifiedHeight >= bound) break;
      taken++;
      if (record.value === null || record.value.length < WIRE_HEADER_BYTES) continue;
      const { block } = this.chain.append({
        bytes: record.value.subarray(WIRE_HEADER_BYTES),
        timeMs: record.timeMs,
        offset: record.offset,
        authorship: record.authorship,
      });
      if (!block) continue;
      this.digests.closed(block.header.height, block.digest);
      blocks.push(block);
    }
    this.backlog = taken === this.backlog.length ? [] : this.backlog.slice(taken);
    return blocks;
  }

  /**
   * Takes certificates; verifies each. Throws StageFault when one contradicts an own digest.
   * @returns blocks that may be closed now, and alerts about certificates that are none
   */
  readCertificates(records: readonly InputRecord[]): { blocks: ExecutedBlock[]; alerts: Alert[] } {
    const alerts: Alert[] = [];
    const { network, shard } = this.options;
    for (const record of records) {
      const certificate = read("FinalityCertificate", record);
      const verified =
        certificate?.header.shard === shard && certificate.header.genesis.equals(network.hash)
          ? verifyCertificate(certificate.header, certificate.signatures, network.consensus)
          : undefined;
      if (!certificate || !verified?.ok) {
        const fault = verified?.ok === false ? verified.fault : "OTHER_CHAIN";
        const message = `${record.topic}[${record.partition}]@${record.offset}: ${fault}`;
        alerts.push({ code: "BAD_CERTIFICATE", message });
        continue;
      }
      const { height } = certificate.header;
      this.digests.certificate(height, verified.digest, this.chain.position.height);
      if (height > this.storedHeight) this.certificatesAhead.push({ height, offset: record.offset });
      else this.storedDigests.push([digestKey(height), null]);
    }
    this.certificatesNext = records.at(-1)!.offset + 1;
    return { blocks: this.advance(), alerts };
  }

  /**
   * Store writes for blocks that are done with: their changes, the new position, digests that still wait for a certificate,
   * and where to read certificates from after a restart: the first one above the stored height, so that none is forgotten.
   */
  storeOf(blocks: readonly ExecutedBlock[]): StoreBatch {
    const writes: [string, Buffer | null][] = this.storedDigests.splice(0);
    for (const block of blocks) {
      for (const write of storeBatchOf(block)) writes.push([...write]);
      const { height } = block.header;
      if (height > this.certifiedHeight) writes.push([digestKey(height), block.digest]);
      this.storedHeight = height;
    }
    this.certificatesAhead = this.certificatesAhead.filter(({ height }) => height > this.storedHeight);
    const from = this.certificatesAhead[0]?.offset ?? this.certificatesNext;
    if (from !== this.storedFrom) writes.push([CERTIFICATES_KEY, encodeOffset(from)]);
    this.storedFrom = from;
    return writes;
  }
}
