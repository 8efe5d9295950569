import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { read } from "../../processors/read.js";
import { recordHeight } from "../../processors/record-height.js";
import type { InputRecord } from "../../processors/stage.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import { firstAtLeast, recordsFrom, searchBack, type TopicSource } from "./topic-source.js";

const TOPIC = "shard.finalized";

/** The certificates of a network's shards; each is verified before it is handed out. */
export class Certificates {
  private readonly consensus;

  constructor(
    private readonly network: Network,
    private readonly source: TopicSource,
  ) {
    this.consensus = withMemory(network.consensus);
  }

  /** The certificate of a height, from 1; undefined: there is none yet. */
  async at(shard: number, height: number): Promise<FinalityCertificate | undefined> {
    const { partition } = this.network.topology.shard(shard);
    const first = await firstAtLeast(this.source, TOPIC, partition, height, recordHeight);
    return first && this.firstFrom(shard, first.offset, (header) => header.height === height);
  }

  /** The certificate of the newest block; undefined: there is none. */
  async last(shard: number): Promise<FinalityCertificate | undefined> {
    const { partition } = this.network.topology.shard(shard);
    let last: FinalityCertificate | undefined;
    await searchBack(this.source, TOPIC, partition, (record) => {
      last = this.verified(shard, record);
      return last !== undefined;
    });
    return last;
  }

  /** The certificate of the first block whose time is not before that, in milliseconds since 1970. */
  async atTime(shard: number, timeMs: number): Promise<FinalityCertificate | undefined> {
    const { partition } = this.network.topology.shard(shard);
    const first = await firstAtLeast(this.source, TOPIC, partition, timeMs, timeOf);
    return first && this.firstFrom(shard, first.offset, (header) => header.time >= timeMs);
  }

  /** The certificate in a record; undefined where it is none, or of another shard or network. */
  verified(shard: number, record: InputRecord): FinalityCertificate | undefined {
    return verifiedCertificate({ hash: this.network.hash, consensus: this.consensus }, shard, record);
  }

  private async firstFrom(
    shard: number,
    offset: number,
    isWanted: (header: FinalityCertificate["header"]) => boolean,
  ): Promise<FinalityCertificate | undefined> {
    const { partition } = this.network.topology.shard(shard);
    for await (const records of recordsFrom(this.source, TOPIC, partition, offset)) {
      for (const record of records) {
        const header = read("FinalityCertificate", record)?.header;
        const certificate = header && isWanted(header) && this.verified(shard, record);
        if (certificate) return certificate;
      }
    }
    return undefined;
  }
}

function timeOf(record: InputRecord): number | undefined {
  return read("FinalityCertificate", record)?.header.time;
}

/** The certificate in a record; undefined where it is none, or of another shard or network. */
export function verifiedCertificate(
  { hash, consensus }: Pick<Network, "hash" | "consensus">,
  shard: number,
  record: InputRecord,
): FinalityCertificate | undefined {
  const certificate = read("FinalityCertificate", record);
  if (!certificate) return undefined;
  const { header, signatures } = certificate;
  if (header.shard !== shard || !header.genesis.equals(hash)) return undefined;
  const result = verifyCertificate(header, signatures, consensus);
  // The digest in the record is a courtesy; the one that was signed is computed.
  return result.ok ? { ...certificate, digest: result.digest } : undefined;
}
