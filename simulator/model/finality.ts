import { Reader } from "./avro.js";
import type { Block } from "./block.js";
import { readHeader } from "./headers.js";
import type { Header } from "./records.js";
import { avro, WIRE_HEADER_BYTES } from "./schemas.js";
import type { ShardAudit, ShardContext } from "./shard.js";

const SIGNATURE_BYTES = 64;

/** Votes and certificates of a shard. */
export class Finality {
  /** Height up to which certificates were read. */
  certified = 0;
  votes = 0;
  /** Digests that each validator signed, by height. */
  readonly signed = new Map<number, Map<number, Buffer>>();
  private readonly digests: Buffer[] = [];
  private readonly timesMs: number[] = [];
  /** Height up to which certificates were read and the log says the block. */
  private told = 0;

  constructor(
    private readonly context: ShardContext,
    private readonly shard: ShardAudit,
  ) {}

  /** Takes a record of shard.votes. Throws NOT_CANONICAL. */
  vote(value: Buffer, key: Buffer | null): void {
    const reader = new Reader(value.subarray(WIRE_HEADER_BYTES));
    const validator = reader.long();
    const { header, digest } = readHeader(reader, this.shard.known);
    const signature = reader.take(SIGNATURE_BYTES);
    this.votes++;
    if (this.context.dishonest.has(validator)) return;
    const where = this.where(header, validator);
    const isHere = this.isOfShard(header) && reader.at === reader.bytes.length;
    if (!isHere || key?.length !== 4 || key.readUInt32BE() !== validator) {
      this.context.report("readable", `${where}: a vote in the wrong place`);
      return;
    }
    if (!this.context.signatures.isVote(validator, digest, signature)) {
      this.context.report("vote-valid", `${where}: the signature is wrong`);
      return;
    }
    this.remember(header.height, validator, digest, where);
  }

  private remember(height: number, validator: number, digest: Buffer, where: string): void {
    let signed = this.signed.get(height);
    if (!signed) {
      signed = new Map();
      this.signed.set(height, signed);
    }
    const before = signed.get(validator);
    if (before) {
      if (!before.equals(digest)) this.context.report("one-vote-a-height", `${where}: a second digest`);
      return;
    }
    signed.set(validator, digest);
    this.withinBound(height, `${where}: a vote`);
    this.shard.whenClosed(height, (block) => {
      if (!block.digest.equals(digest))
        this.context.report("same-state", `${where}: the log says another digest`);
    });
  }

  /** Execution stays within the bound of unfinalised blocks. */
  withinBound(height: number, what: string): void {
    const { unfinalisedBlocksMax } = this.context.network.genesis.parameters;
    if (height <= this.certified + unfinalisedBlocksMax) return;
    this.context.report("bounded", `${what}, ${height - this.certified} blocks ahead of certificates`);
  }

  /** When the certificate of a height that is certified was appended, in milliseconds since 1970. */
  certifiedAtMs(height: number): number {
    return this.timesMs[height - 1]!;
  }

  /**
   * Takes a record of shard.finalized. Throws NOT_CANONICAL.
   * @param timeMs when it was appended
   */
  certificate(value: Buffer, timeMs: number): void {
    const reader = new Reader(value.subarray(WIRE_HEADER_BYTES));
    const { header, digest } = readHeader(reader, this.shard.known);
    const { report, network, signatures } = this.context;
    const where = this.where(header);
    const certificate = avro.CertificateTail.read(reader);
    if (reader.at !== reader.bytes.length || !this.isOfShard(header)) {
      report("readable", `${where}: no certificate of this shard`);
      return;
    }
    const before = this.digests[header.height - 1];
    if (before && !before.equals(digest)) {
      report("one-block-a-height", `${where}: a second block is certified`);
      return;
    }
    if (!before && header.height !== this.certified + 1) {
      report("prefix-final", `${where}: follows height ${this.certified}`);
      return;
    }
    const stake = signatures.stakeOf(digest, certificate.signatures);
    if (typeof stake === "string") report("certificate-valid", `${where}: ${stake}`);
    else if (
      stake !== certificate.signedStake ||
      network.totalStake !== certificate.totalStake ||
      !digest.equals(certificate.digest)
    ) {
      report("certificate-valid", `${where}: digest or stake are not those of its signatures`);
    }
    if (before) return;
    this.digests.push(digest);
    this.timesMs.push(timeMs);
    this.certified = header.height;
    this.shard.whenClosed(header.height, (block) => {
      if (!block.digest.equals(digest)) report("same-state", `${where}: the log says another block`);
      this.tell(block);
    });
  }

  private tell(block: Block): void {
    this.told = block.header.height;
    this.context.onCertified(block);
    this.shard.state.certified(this.told);
  }

  private isOfShard({ shard, genesis }: Header): boolean {
    return shard === this.context.shard.shard && genesis.equals(this.context.network.hash);
  }

  private where({ shard, height }: Header, validator?: number): string {
    return `shard ${shard}, height ${height}${validator === undefined ? "" : `, validator ${validator}`}`;
  }
}
