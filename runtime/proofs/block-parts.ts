import type { Network } from "../../ledger/genesis/genesis.js";
import { merkleRootOf } from "../../ledger/merkle.js";
import { type EndedShard, inheritedRecord } from "../../ledger/resharding/inherit.js";
import { changesRootOf, type EncodedChange, encodeChanges } from "../../ledger/state/encoded-changes.js";
import { keyOfBytes, shardKey, topologyKey } from "../../ledger/state/key.js";
import { asShard, asTopology, type OwnRecord } from "../../ledger/state/state.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { type BlockEntries, EntrySearch } from "../../processors/proofs/entry-search.js";
import { type NoProof, noProof } from "../../processors/proofs/outcome.js";
import { read } from "../../processors/read.js";
import { recordHeight } from "../../processors/record-height.js";
import { codec } from "../../schemas/codec.js";
import type { BlockChanges, FinalityCertificate, Receipt, TopologyState } from "../../schemas/generated.js";
import type { Certificates } from "./certificates.js";
import { firstAtLeast, recordsFrom, searchBack, type TopicSource } from "./topic-source.js";

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
    const tree = shard === MAIN_CHAIN ? await this.treeAfter(height - 1) : undefined;
    const search = new EntrySearch(this.network, header, before.own, tree);
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
    if (height === 1) return this.beginning(shard);
    const certificate = await this.certificates.at(shard, height - 1);
    if (!certificate) return noProof("RETENTION", `shard ${shard}, height ${height - 1}: no certificate`);
    const found = await this.changes(certificate);
    if (!found.ok) return found;
    const { prefix, partition } = this.network.topology.shard(shard);
    // Some record of the block before, or of one before that, was appended at the time of its header; unless the shard's
    // parents were ahead of the log that waited for them.
    const { time } = certificate.header;
    const isOfParents = time <= (await this.parentsTime(shard));
    const offset = isOfParents ? 0 : await this.source.offsetAtTime("shard.log", partition, time);
    return { ok: true, own: ownRecord(found, prefix), offset };
  }

  /** Time of the last blocks of the shards before, in milliseconds since 1970; 0: of none. */
  private async parentsTime(shard: number): Promise<number> {
    const { parents } = this.network.topology.shard(shard);
    const last = await Promise.all(parents.map((parent) => this.certificates.last(parent)));
    return Math.max(0, ...last.map((certificate) => certificate?.header.time ?? 0));
  }

  /** Before its first block a shard has what the last blocks of its parents left it. */
  private async beginning(
    shard: number,
  ): Promise<{ ok: true; own: OwnRecord | undefined; offset: number } | NoProof> {
    const place = this.network.topology.shard(shard);
    if (place.parents.length === 0) return { ok: true, own: undefined, offset: 0 };
    const parents: EndedShard[] = [];
    for (const parent of place.parents) {
      const certificate = await this.certificates.last(parent);
      if (!certificate?.header.isLast)
        return noProof("RETENTION", `shard ${parent}: no certificate of its last block`);
      const found = await this.changes(certificate);
      if (!found.ok) return found;
      const { prefix } = this.network.topology.shard(parent);
      const { height, lastSequence: sequence, time } = certificate.header;
      const position = { height, digest: certificate.digest, sequence, time, nextOffset: 0 };
      parents.push({ prefix, record: ownRecord(found, prefix)!, position });
    }
    return { ok: true, own: inheritedRecord(place, parents), offset: 0 };
  }

  /**
   * The shard tree after a block of the main chain; undefined: the genesis'. Nothing of it is checked: with a wrong one no
   * entries hash to a certified root.
   */
  private async treeAfter(height: number): Promise<TopologyState | undefined> {
    const { partition } = this.network.topology.shard(MAIN_CHAIN);
    const key = topologyKey();
    let tree: TopologyState | undefined;
    let isLater = false;
    await searchBack(this.source, "shard.state", partition, (record) => {
      if (!record.key || keyOfBytes(record.key) !== key) return false;
      const state = read("StateRecord", record);
      isLater = state !== undefined && state.height > height;
      tree = isLater ? undefined : asTopology(state?.value);
      return true;
    });
    if (!isLater) return tree;
    await searchBack(this.source, "shard.changes", partition, (record) => {
      const block = read("BlockChanges", record);
      if (!block || block.height > height) return false;
      tree = asTopology(block.changes.find((change) => keyOfBytes(change.key) === key)?.value);
      return tree !== undefined;
    });
    return tree;
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

function ownRecord({ changes }: FoundChanges, prefix: string): OwnRecord | undefined {
  const own = shardKey(prefix);
  return asShard(changes.find(({ key }) => keyOfBytes(key) === own)?.value);
}

function encodedChanges({ changes }: BlockChanges): EncodedChange[] {
  return encodeChanges(new Map(changes.map(({ key, value }) => [keyOfBytes(key), value])));
}

function gone(topic: string, { shard, height }: FinalityCertificate["header"]): NoProof {
  return noProof("RETENTION", `shard ${shard}, height ${height}: ${topic} no longer has what is needed`);
}
