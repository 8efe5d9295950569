import type { Network } from "../../ledger/genesis/genesis.js";
import { merkleRootOf } from "../../ledger/merkle.js";
import { changesRootOf, type EncodedChange, encodeChanges } from "../../ledger/state/encoded-changes.js";
import { keyOfBytes, shardKey } from "../../ledger/state/key.js";
import { asShard, type OwnRecord } from "../../ledger/state/state.js";
import { type BlockEntries, EntrySearch } from "../../processors/proofs/entry-search.js";
import { type NoProof, noProof } from "../../processors/proofs/outcome.js";
import { read } from "../../processors/read.js";
import { recordHeight } from "../../processors/record-height.js";
import { codec } from "../../schemas/codec.js";
import type { BlockChanges, FinalityCertificate, Receipt } from "../../schemas/generated.js";
import type { Certificates } from "./certificates.js";
import { firstAtLeast, recordsFrom, type TopicSource } from "./topic-source.js";

/** State changes of a final block that hash to its root, by ascending key. */
interface FoundChanges {
  readonly ok: true;
  readonly changes: BlockChanges["changes"];
  /** Avro bytes of each. */
  readonly leaves: readonly Buffer[];
}

/** Receipt results of a final block that hash to its root: Avro bytes of each. */
interface FoundReceipts {
  readonly ok: true;
  readonly leaves: readonly Buffer[];
}

/** What the topics have of a final block, besides its header. */
export class BlockParts {
  constructor(
    private readonly network: Network,
    private readonly source: TopicSource,
    private readonly certificates: Certificates,
  ) {}

  /** The records of the log that are the block's entries. */
  async entries({ header }: FinalityCertificate): Promise<BlockEntries | NoProof> {
    const { shard, height } = header;
    const { partition } = this.network.topology.shard(shard);
    const before = await this.before(shard, height);
    if (!before.ok) return before;
    const { low } = await this.source.bounds("shard.log", partition);
    if (low > before.offset) return gone("shard.log", header);
    const search = new EntrySearch(this.network, header, before.own);
    for await (const records of recordsFrom(this.source, "shard.log", partition, before.offset)) {
      const found = search.take(records);
      if (found) return found;
    }
    return search.notFound();
  }

  /** The shard's own record after the block before, and an offset of the log at or before the block's beginning. */
  private async before(
    shard: number,
    height: number,
  ): Promise<{ ok: true; own: OwnRecord | undefined; offset: number } | NoProof> {
    if (height === 1) return { ok: true, own: undefined, offset: 0 };
    const certificate = await this.certificates.at(shard, height - 1);
    if (!certificate) return noProof("RETENTION", `shard ${shard}, height ${height - 1}: no certificate`);
    const found = await this.changes(certificate);
    if (!found.ok) return found;
    const { prefix, partition } = this.network.topology.shard(shard);
    const own = shardKey(prefix);
    const change = found.changes.find(({ key }) => keyOfBytes(key) === own);
    // Some record of the block before, or of one before that, was appended at the time of its header.
    const offset = await this.source.offsetAtTime("shard.log", partition, certificate.header.time);
    return { ok: true, own: asShard(change?.value), offset };
  }

  /** The block's state changes. */
  async changes({ header, digest }: FinalityCertificate): Promise<FoundChanges | NoProof> {
    const { shard, height } = header;
    const { partition } = this.network.topology.shard(shard);
    const first = await firstAtLeast(this.source, "shard.changes", partition, height, recordHeight);
    if (first && recordHeight(first) !== height) return gone("shard.changes", header);
    if (first) {
      for await (const records of recordsFrom(this.source, "shard.changes", partition, first.offset)) {
        for (const record of records) {
          const block = read("BlockChanges", record);
          if (!block?.digest.equals(digest)) continue;
          const encoded = encodedChanges(block);
          if (!changesRootOf(encoded).equals(header.changesRoot)) continue;
          return { ok: true, changes: block.changes, leaves: encoded.map(({ bytes }) => bytes) };
        }
      }
    }
    const message = `shard ${shard}, height ${height}: no changes that hash to the certified root`;
    return noProof("CHANGES_NOT_FOUND", message);
  }

  /**
   * The block's receipts. They are in one Kafka transaction and so stand together.
   * @param known one of them, as a record of shard.receipts
   */
  async receipts(
    { header, digest }: FinalityCertificate,
    known: { readonly offset: number; readonly receipt: Receipt },
  ): Promise<FoundReceipts | NoProof> {
    const { shard, height } = header;
    const { partition } = this.network.topology.shard(shard);
    const { count, index } = known.receipt;
    const from = known.offset - index;
    const { low } = await this.source.bounds("shard.receipts", partition);
    if (from < low) return gone("shard.receipts", header);
    const leaves: Buffer[] = [];
    reading: for await (const records of recordsFrom(this.source, "shard.receipts", partition, from)) {
      for (const record of records) {
        if (record.offset >= from + count) break reading;
        const receipt = read("Receipt", record);
        if (receipt?.digest.equals(digest)) leaves.push(codec("ReceiptResult").encode(receipt.result));
      }
    }
    if (merkleRootOf(leaves).equals(header.receiptsRoot)) return { ok: true, leaves };
    const message = `shard ${shard}, height ${height}: no receipts that hash to the certified root`;
    return noProof("RECEIPTS_NOT_FOUND", message);
  }
}

function encodedChanges({ changes }: BlockChanges): EncodedChange[] {
  return encodeChanges(new Map(changes.map(({ key, value }) => [keyOfBytes(key), value])));
}

function gone(topic: string, { shard, height }: FinalityCertificate["header"]): NoProof {
  return noProof("RETENTION", `shard ${shard}, height ${height}: ${topic} no longer has what is needed`);
}
