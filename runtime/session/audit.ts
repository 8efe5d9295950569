import { digestOf } from "../../ledger/block/header.js";
import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import { type Network, totalAllocated } from "../../ledger/genesis/genesis.js";
import { startAfter } from "../../ledger/resharding/inherit.js";
import { KeyKind, kindOf } from "../../ledger/state/key.js";
import { amountOf } from "../../ledger/state/state.js";
import type { KnownShard } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import { type StateTable, stateTable } from "../network/state-table.js";

/** A shard's head as the topics show it. */
export interface ShardHead {
  readonly id: number;
  readonly height: number;
  readonly headHash: string;
}

/** What a fresh reader found in the topics, with nothing but the genesis to go by. */
export interface AuditReport {
  readonly shards: readonly ShardHead[];
  /** Certificates whose every signature was verified again, each linked to the one before. */
  readonly certificatesVerified: number;
  readonly votes: number;
  /** Whether all validators signed the same digest wherever more than one signed. */
  readonly validatorsAgree: boolean;
  /** Whether balances, escrow and fees add up to the genesis. */
  readonly valueConserved: boolean;
  /** Amount in escrow, in 10^-18 RUS: transfers that are neither completed nor refunded. */
  readonly inEscrow: bigint;
  /** Whether the certified state is complete up to the last certificate of each shard. */
  readonly stateComplete: boolean;
  /** What is wrong, a sentence each. */
  readonly faults: readonly string[];
}

/** Reads certificates, votes and state of all shards from their beginning and checks them. */
export async function audit(network: Network, reader: PartitionReader): Promise<AuditReport> {
  const faults: string[] = [];
  const shards: ShardHead[] = [];
  let certificatesVerified = 0;
  let votes = 0;
  let validatorsAgree = true;
  let stateComplete = true;
  let total = 0n;
  let inEscrow = 0n;
  const ends = new Map<number, AuditedChain>();
  for (const place of network.topology.shards) {
    const { shard, partition, ended } = place;
    const chain = await auditCertificates(network, reader, place, ends, faults);
    ends.set(shard, chain);
    certificatesVerified += chain.count;
    shards.push({ id: shard, height: chain.height, headHash: chain.digest.toString("hex") });
    const ballot = await auditVotes(network, reader, shard, partition, faults);
    votes += ballot.count;
    validatorsAgree &&= ballot.agree;
    const state = await readState(network, reader, shard);
    if (state.height !== chain.height) {
      stateComplete = false;
      faults.push(
        `shard ${shard}: state is complete up to ${state.height}, certificates up to ${chain.height}`,
      );
    }
    // What an ended shard had those after it have.
    for (const [key, value] of ended === undefined ? state.values : []) {
      const amount = amountOf(value);
      total += amount;
      if (kindOf(key) === KeyKind.escrow) inEscrow += amount;
    }
  }
  const expected = totalAllocated(network);
  if (total !== expected) faults.push(`balances, escrow and fees add up to ${total}, genesis to ${expected}`);
  return {
    shards,
    certificatesVerified,
    votes,
    validatorsAgree,
    valueConserved: total === expected,
    inEscrow,
    stateComplete,
    faults,
  };
}

/** Where the certificates of a shard lead. */
interface AuditedChain {
  readonly height: number;
  readonly digest: Buffer;
  /** Chain time of the last one, in milliseconds since 1970; 0: none. */
  readonly time: number;
  readonly count: number;
}

/** @param ends where those of the shards before it lead */
async function auditCertificates(
  network: Network,
  reader: PartitionReader,
  place: KnownShard,
  ends: ReadonlyMap<number, AuditedChain>,
  faults: string[],
): Promise<AuditedChain> {
  const { shard, partition, parents } = place;
  const begin = parents.map((parent) => ({ position: { ...NOWHERE, ...ends.get(parent)! } }));
  let height = 0;
  let digest = begin.length === 0 ? network.hash : startAfter(place, begin).digest;
  let time = 0;
  let count = 0;
  const topic = topicOnCluster(network.genesis.network, "shard.finalized");
  for await (const records of reader.readToEnd("shard.finalized", topic, partition, 0)) {
    for (const record of records) {
      const where = `${topic}[${partition}]@${record.offset}`;
      const certificate = read("FinalityCertificate", record);
      if (!certificate) {
        faults.push(`${where} can't be read`);
        continue;
      }
      const { header, signatures } = certificate;
      if (header.height <= height) continue; // finalize repeated it after a restart
      const verified = verifyCertificate(header, signatures, network.consensus);
      if (!verified.ok) faults.push(`${where}: ${verified.fault}`);
      else if (header.shard !== shard || !header.genesis.equals(network.hash))
        faults.push(`${where}: other chain`);
      else if (header.height !== height + 1) faults.push(`${where}: height ${header.height} after ${height}`);
      else if (!header.parent.equals(digest)) faults.push(`${where}: its parent isn't the block before`);
      else count++;
      height = header.height;
      time = header.time;
      digest = digestOf(header);
    }
  }
  return { height, digest, time, count };
}

const NOWHERE = { sequence: 0, nextOffset: 0 };

async function auditVotes(
  network: Network,
  reader: PartitionReader,
  shard: number,
  partition: number,
  faults: string[],
): Promise<{ agree: boolean; count: number }> {
  const digests = new Map<number, Buffer>();
  let agree = true;
  let count = 0;
  const topic = topicOnCluster(network.genesis.network, "shard.votes");
  for await (const records of reader.readToEnd("shard.votes", topic, partition, 0)) {
    for (const record of records) {
      const vote = read("Vote", record);
      if (!vote) continue;
      count++;
      const digest = digestOf(vote.header);
      const before = digests.get(vote.header.height);
      if (!before) digests.set(vote.header.height, digest);
      else if (!before.equals(digest)) {
        agree = false;
        faults.push(`shard ${shard}, height ${vote.header.height}: validators signed different digests`);
      }
    }
  }
  return { agree, count };
}

/** The certified state of a shard, from shard.state. */
export function readState(network: Network, reader: PartitionReader, shard: number): Promise<StateTable> {
  const topic = topicOnCluster(network.genesis.network, "shard.state");
  return stateTable(network, shard, (partition) => reader.readToEnd("shard.state", topic, partition, 0));
}
