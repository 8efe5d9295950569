import type { AvroReader } from "./avro-reader.js";

// The shard tree's records. Nobody is told what they say, so only their form is read.

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const CHANGE_KINDS = 2;
const PROPOSAL_KINDS = 4;
const PHASES = 3;

/** A TopologyMarker. */
export function skipMarker(reader: AvroReader): void {
  reader.fixed(HASH_BYTES); // genesis
  reader.int(); // shard
  reader.long(); // epoch
  reader.int(); // sourcePartition
  reader.fixed(SIGNATURE_BYTES);
}

/** A TopologyProposal. */
export function skipProposal(reader: AvroReader): void {
  reader.fixed(HASH_BYTES); // genesis
  reader.index(PROPOSAL_KINDS);
  reader.array((shard) => shard.int());
  reader.long(); // epoch
  reader.long(); // createdAt
  reader.string(); // reason
  reader.fixed(SIGNATURE_BYTES);
}

/** A TopologyChange, or null. */
export function skipOptionalChange(reader: AvroReader): void {
  if (reader.index(2) === 0) return;
  reader.long(); // epoch
  reader.index(CHANGE_KINDS);
  reader.array((ended) => ended.int());
  reader.array(skipPlace);
}

/** A TopologyState. */
export function skipTopology(reader: AvroReader): void {
  reader.long(); // epoch
  reader.boolean(); // isPaused
  reader.long(); // switchedAt
  reader.int(); // nextShard
  reader.int(); // nextPartition
  reader.array((status) => {
    skipPlace(status);
    status.index(PHASES);
    status.long(); // since
    status.long(); // ended
  });
}

function skipPlace(reader: AvroReader): void {
  reader.int(); // shard
  reader.string(); // path
  reader.string(); // prefix
  reader.int(); // partition
  reader.long(); // epoch
  reader.array((parent) => parent.int());
}
