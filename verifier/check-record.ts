import { lengthPrefix, readWhole } from "./avro-reader.js";
import { equal, toHex } from "./bytes.js";
import { blockDigest, checkBlock } from "./certificate.js";
import type { ProvableTopic, RecordClaim } from "./claim.js";
import { readLogEntry, readReceipt } from "./entries.js";
import type { BlockHeader } from "./headers.js";
import { leafHash, rootOf } from "./merkle.js";
import type { RecordProof } from "./proof-file.js";
import { readStateRecord } from "./state-values.js";
import type { Trust } from "./trust.js";
import { type Found, refuse } from "./verdict.js";

/** That a record of shard.log, shard.receipts or shard.state is the one that validators certified. */
export function checkRecord(proof: RecordProof, trust: Trust): Found<RecordClaim> {
  const { topic, header, leaves, index, key, value } = proof;
  if (!isProvable(topic)) return refuse("WRONG_TOPIC", "records of that topic can't be proved");
  const certified = checkBlock(header, proof.signatures, trust);
  if (!certified.ok) return certified;
  const expected = leaves[index];
  if (!expected) return refuse("WRONG_INDEX", `there is no leaf ${index} of ${leaves.length}`);
  const { leafOf, root } = TOPICS[topic];
  if (!equal(rootOf(leaves), header[root]))
    return refuse("WRONG_ROOT", `the leaves don't lead to the certified ${root}`);
  const leaf = leafOf(proof);
  if (!leaf.ok) return leaf;
  if (!equal(leaf.value, expected)) return refuse("UNRELATED_LEAF", `leaf ${index} is not the record's`);
  return {
    ok: true,
    value: {
      kind: "record",
      ...certified.value,
      topic,
      key: toHex(key),
      isRemoval: value === undefined,
      index,
      count: leaves.length,
    },
  };
}

type Root = "entriesRoot" | "receiptsRoot" | "changesRoot";

/** Which of the header's roots a topic's records are under, and how a record's leaf is hashed. */
const TOPICS: Readonly<
  Record<
    ProvableTopic,
    { readonly root: Root & keyof BlockHeader; leafOf(proof: RecordProof): Found<Uint8Array> }
  >
> = {
  "shard.log": { root: "entriesRoot", leafOf: entryLeaf },
  "shard.receipts": { root: "receiptsRoot", leafOf: receiptLeaf },
  "shard.state": { root: "changesRoot", leafOf: changeLeaf },
};

function isProvable(topic: string): topic is ProvableTopic {
  return Object.hasOwn(TOPICS, topic);
}

function entryLeaf({ key, value }: RecordProof): Found<Uint8Array> {
  if (key.length > 0) return refuse("WRONG_KEY", "records of shard.log have no key");
  if (value === undefined) return refuse("WRONG_VALUE", "a record of shard.log has a value");
  const entry = readWhole(value, "the entry", readLogEntry);
  if (!entry.ok) return entry;
  if (entry.value.kind === "none")
    return refuse("WRONG_VALUE", "cuts and the genesis are no entries of a block");
  return { ok: true, value: leafHash(value) };
}

function receiptLeaf({ key, value, header, index, leaves }: RecordProof): Found<Uint8Array> {
  if (value === undefined) return refuse("WRONG_VALUE", "a record of shard.receipts has a value");
  const read = readWhole(value, "the receipt", readReceipt);
  if (!read.ok) return read;
  const receipt = read.value;
  if (receipt.shard !== header.shard)
    return refuse("WRONG_SHARD", `the receipt says shard ${receipt.shard}, the header ${header.shard}`);
  if (receipt.height !== header.height)
    return refuse("WRONG_HEIGHT", `the receipt says height ${receipt.height}, the header ${header.height}`);
  if (!equal(receipt.digest, blockDigest(header)))
    return refuse("WRONG_BLOCK", "the receipt names another block");
  if (receipt.index !== index || receipt.count !== leaves.length)
    return refuse("WRONG_INDEX", `the receipt says ${receipt.index} of ${receipt.count}`);
  if (!equal(key, receipt.result.transactionId))
    return refuse("WRONG_KEY", "the record's key is not its transaction");
  return { ok: true, value: leafHash(receipt.resultBytes) };
}

/** Union branch of a removed value. */
const REMOVED = Uint8Array.of(0);

/** The leaf is of a StateChange: the key, and the value with its place in the union. */
function changeLeaf({ key, value, header }: RecordProof): Found<Uint8Array> {
  if (value === undefined) return { ok: true, value: leafHash(lengthPrefix(key), key, REMOVED) };
  const read = readWhole(value, "the state record", readStateRecord);
  if (!read.ok) return read;
  const record = read.value;
  // Its leaf would be that of a removal, which is a record without a value.
  if (record.value.kind === "removed") return refuse("WRONG_VALUE", "the state record holds no value");
  if (record.height !== header.height)
    return refuse("WRONG_HEIGHT", `the state record says height ${record.height}, not ${header.height}`);
  if (!equal(record.digest, blockDigest(header)))
    return refuse("WRONG_BLOCK", "the state record names another block");
  return { ok: true, value: leafHash(lengthPrefix(key), key, record.valueBytes) };
}
