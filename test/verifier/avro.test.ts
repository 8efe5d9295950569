import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafHash as ledgersLeafHash, merkleRoot } from "../../ledger/merkle.js";
import { codec } from "../../schemas/codec.js";
import type { RecordTypes, StateRecord, TopologyChange } from "../../schemas/generated.js";
import { type AvroReader, lengthPrefix, readWhole } from "../../verifier/avro-reader.js";
import { readLogEntry, readReceipt } from "../../verifier/entries.js";
import { readBlockHeader, readCheckpoint } from "../../verifier/headers.js";
import { isPathOf, leadsTo, leafHash, rootOf } from "../../verifier/merkle.js";
import { readStateRecord } from "../../verifier/state-values.js";
import { decodeUtf8 } from "../../verifier/utf8.js";
import { pathOf, Sample } from "./samples.js";

const sample = new Sample();
const { header, bundles } = sample.block;
const { signatures } = sample.certify();

interface Kind {
  readonly name: keyof RecordTypes;
  readonly read: (reader: AvroReader) => unknown;
  readonly bytes: readonly Buffer[];
}
const place = { shard: 5, path: "1.2", prefix: "001", partition: 6, epoch: 3, parents: [1, 2] };
const change: TopologyChange = { epoch: 3, kind: "MERGE", ended: [1, 2], begun: [place] };
const bundle = codec("LogEntry").encode({
  entry: {
    "rustorium.CrossShardBundle": {
      ...{ header, signatures, destination: 0, channelSequence: 2 ** 40, leafIndex: 3, leafCount: 4 },
      ...{ priority: "LOW", change, isLast: true },
      messages: [...bundles[0]!.messages].map((message) => ({ ...message, code: "späß €𝄞" })),
      proof: [Buffer.alloc(32, 5)],
    },
  },
});
const signed = { genesis: Buffer.alloc(32, 1), epoch: 2, signature: Buffer.alloc(64, 2) };
const marker = codec("LogEntry").encode({
  entry: { "rustorium.TopologyMarker": { ...signed, shard: 4, sourcePartition: 3 } },
});
const proposal = codec("LogEntry").encode({
  entry: {
    "rustorium.TopologyProposal": {
      ...{ ...signed, kind: "PAUSE", shards: [1, 300], createdAt: 2 ** 41, reason: "späß" },
    },
  },
});
const sent = [{ shard: 2, priority: "LOW", count: 2 ** 40 }] as const;
const received = [{ shard: 1, priority: "HIGH", prefix: "01", count: 7 }] as const;
const channels = { sent: [...sent], received: [...received] };
/** Own records and the shard tree, each with something of everything. */
const states = [
  {
    "rustorium.ShardState": {
      ...{ ...channels, change, markers: [0, 3], marks: [{ partition: 1, prefix: "1", offset: 500 }] },
    },
  },
  { "rustorium.ShardState": { ...channels, change: null, markers: [], marks: [] } },
  { "rustorium.MainChainState": { ...channels, checkpoints: [{ shard: 1, height: 900 }] } },
  {
    "rustorium.TopologyState": {
      ...{ epoch: 3, isPaused: true, switchedAt: 2 ** 41, nextShard: 6, nextPartition: 7 },
      shards: [{ place, phase: "BEGINNING", since: 2 ** 41, ended: -1 }],
    },
  },
] satisfies StateRecord["value"][];
const KINDS: readonly Kind[] = [
  {
    name: "LogEntry",
    read: readLogEntry,
    bytes: [sample.entries[0]!, sample.entries[1]!, bundle, marker, proposal],
  },
  { name: "Receipt", read: readReceipt, bytes: [0, 1].map((at) => sample.receiptRecord(at).value!) },
  {
    name: "StateRecord",
    read: readStateRecord,
    bytes: [
      ...sample.block.encodedChanges.map((_, at) => sample.stateRecord(at).value!),
      ...states.map((value) => codec("StateRecord").encode({ height: 1, digest: Buffer.alloc(32), value })),
    ],
  },
  { name: "BlockHeader", read: readBlockHeader, bytes: [codec("BlockHeader").encode(header)] },
  {
    name: "Checkpoint",
    read: readCheckpoint,
    bytes: [codec("Checkpoint").encode(sample.checkpoint().checkpoint)],
  },
];

/** Changes one byte, cuts, or puts bytes in. */
const alteration = fc.record({
  at: fc.nat(2_000),
  remove: fc.nat(2),
  insert: fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff)), { maxLength: 3 }),
});

describe.each(KINDS)("the verifier's reader of $name", ({ name, read, bytes }) => {
  it("takes what the ledger's takes, of altered bytes too", () => {
    for (const some of bytes) expect(readWhole(some, name, read).ok).toBe(true);
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...bytes), alteration, (some, { at, remove, insert }) => {
        const place = at % some.length;
        const altered = Buffer.concat([
          some.subarray(0, place),
          Buffer.from(insert),
          some.subarray(place + remove),
        ]);
        const isTaken = codec(name).decode(altered) !== undefined;
        // Cuts and the genesis are not looked into.
        if (name === "LogEntry" && altered[0]! >= 4 && altered[0]! <= 8) return;
        expect(readWhole(altered, name, read).ok, altered.toString("hex")).toBe(isTaken);
        if (isTaken) taken += 1;
      }),
      { seed: 1, numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});

describe("numbers in Avro", () => {
  it("have the ledger's bounds", () => {
    const max = Number.MAX_SAFE_INTEGER - 1;
    for (const height of [0, -1, 63, 64, -64, -65, 2 ** 31, max, -max]) {
      const encoded = codec("Cut").encode({ height });
      expect(readWhole(encoded, "a height", (reader) => reader.long())).toEqual({ ok: true, value: height });
    }
    const beyond = Buffer.from("feffffffffffff1f", "hex"); // 2^53 - 1
    expect(readWhole(beyond, "a height", (reader) => reader.long()).ok).toBe(false);
    expect(codec("Cut").decode(beyond)).toBeUndefined();
  });

  it("are lengths of bytes as the ledger writes them", () => {
    for (const length of [0, 63, 64, 8_191, 8_192, 100_000]) {
      const encoded = codec("StateChange").encode({ key: Buffer.alloc(length), value: null });
      const prefix = lengthPrefix(Buffer.alloc(length));
      expect(Buffer.from(prefix)).toEqual(encoded.subarray(0, encoded.length - 1 - length));
    }
  });
});

describe("UTF-8", () => {
  it("is taken where the platform's strict decoder takes it, and read as it does", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const expected = (bytes: Uint8Array) => {
      try {
        return strict.decode(bytes);
      } catch {
        return undefined;
      }
    };
    const byte = fc.constantFrom(0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf);
    const more = fc.constantFrom(0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xf8, 0xff);
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.array(fc.oneof(byte, more), { maxLength: 6 }).map((list) => Uint8Array.from(list)),
      fc.string({ unit: "binary", maxLength: 6 }).map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(some, (bytes) => {
        expect(decodeUtf8(bytes)).toBe(expected(bytes));
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });
});

describe("Merkle trees", () => {
  it("are the ledger's, and each path is of its place only", () => {
    for (let count = 1; count <= 17; count++) {
      const items = Array.from({ length: count }, (_, index) => Buffer.of(count, index));
      const leaves = items.map(ledgersLeafHash);
      const root = merkleRoot(leaves);
      expect(Buffer.from(rootOf(leaves))).toEqual(root);
      for (const [index, item] of items.entries()) {
        const path = pathOf(items, index);
        expect(leadsTo(root, leafHash(item), path)).toBe(true);
        const places = items.map((_, place) => isPathOf(place, count, path));
        expect(places.indexOf(true)).toBe(index);
        expect(places.filter((isPlace) => isPlace)).toHaveLength(1);
      }
    }
  });
});
