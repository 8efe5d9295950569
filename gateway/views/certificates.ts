import { codec } from "../../schemas/codec.js";
import type { FinalityCertificate } from "../../schemas/generated.js";

/** Default bound of certificates held for each shard: at 10 blocks a second the last 13 minutes, about 0.7 KB each. */
export const CERTIFICATES_PER_SHARD_HELD_MAX = 8_192;
/** Shards beyond this number are ignored. */
const SHARDS_HELD_MAX = 4_096;
/** Certificates of all shards over which each validator's share of signatures is counted. */
export const SIGNERS_WINDOW_CERTIFICATES = 256;

/** The last certified block of a shard. */
export interface Head {
  readonly shard: number;
  readonly height: number;
  /** 32 bytes. */
  readonly digest: Buffer;
  /** Chain time of its last entry, in milliseconds since 1970. */
  readonly timeMs: number;
}

interface ShardCertificates {
  head: Head;
  /** Avro bytes by height, oldest first: a fifth of the memory of decoded records. */
  readonly byHeight: Map<number, Buffer>;
}

/** Certificates of the last blocks of every shard, fed by `shard.finalized`. Signatures were verified by `finalize`. */
export class CertificatesView {
  private readonly shards = new Map<number, ShardCertificates>();
  /** Signers of the last certificates, as a ring. */
  private readonly signers: number[][] = [];
  private taken = 0;
  private conflictCount = 0;

  constructor(private readonly perShardHeldMax: number = CERTIFICATES_PER_SHARD_HELD_MAX) {}

  /** Certificates of another digest for a height that had one. Above 0, a third of the stake signed twice. */
  get conflicts(): number {
    return this.conflictCount;
  }

  /** Takes in a certificate. The first one of a height stays. */
  apply(record: FinalityCertificate): void {
    const { shard: number, height, time } = record.header;
    const head: Head = { shard: number, height, digest: record.digest, timeMs: time };
    let shard = this.shards.get(number);
    if (!shard) {
      if (this.shards.size >= SHARDS_HELD_MAX) return;
      shard = { head, byHeight: new Map() };
      this.shards.set(number, shard);
    }
    const held = this.certificate(number, height);
    if (held) {
      if (!held.digest.equals(record.digest)) this.conflictCount++;
      return;
    }
    // Certificates come in order of height; one from far below is a second reading of what was dropped.
    if (height <= shard.head.height - this.perShardHeldMax) return;
    shard.byHeight.set(height, codec("FinalityCertificate").encode(record));
    if (height > shard.head.height) shard.head = head;
    this.signers[this.taken++ % SIGNERS_WINDOW_CERTIFICATES] = record.signatures.map((one) => one.validator);
    for (const oldest of shard.byHeight.keys()) {
      if (shard.byHeight.size <= this.perShardHeldMax) break;
      shard.byHeight.delete(oldest);
    }
  }

  /** The certificate of a block; undefined when there is none or it is no longer held. */
  certificate(shard: number, height: number): FinalityCertificate | undefined {
    const bytes = this.shards.get(shard)?.byHeight.get(height);
    return bytes && codec("FinalityCertificate").decode(bytes);
  }

  /** Last certified block of every shard, by ascending number. */
  heads(): Head[] {
    return [...this.shards.values()].map((shard) => shard.head).sort((a, b) => a.shard - b.shard);
  }

  /** Share of the last certificates (0 to 1) that a validator's signature is in; a slow one's may come too late for it. */
  signedShare(validator: number): number {
    if (this.signers.length === 0) return 0;
    return this.signers.filter((one) => one.includes(validator)).length / this.signers.length;
  }
}
