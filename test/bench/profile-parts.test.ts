import { expect, it } from "vitest";
import { partsOf } from "../../bench/profile/parts.js";

const frame = (id: number, functionName: string, url = "") => ({
  id,
  callFrame: { functionName, url, lineNumber: 0 },
});

it("divides a thread's busy time by what it was at", () => {
  const nodes = [
    frame(1, "(idle)"),
    frame(2, "(garbage collector)"),
    frame(3, "exports.crypto_sign_verify_detached", "file:///p/node_modules/sodium-native/index.js"),
    frame(4, "exports.crypto_hash_sha256", "file:///p/node_modules/sodium-native/index.js"),
    frame(5, "writeBuffer"),
    frame(6, "send", "file:///p/node_modules/kafkajs/src/network/connection.js"),
    frame(7, "applyTransaction", "file:///p/dist/ledger/block/apply-transaction.js"),
    frame(8, "step", "file:///p/dist/processors/vote/vote.js"),
    frame(9, "get", "file:///p/dist/runtime/store/byte-table.js"),
    frame(10, "readFixed", "file:///p/dist/schemas/binary/reader.js"),
    frame(11, "runMicrotasks"),
  ];
  const samples = nodes.map(({ id }) => id);
  const timeDeltas = [5_000_000, ...Array<number>(9).fill(100_000), 1_100_000];
  const { busySeconds, shares } = partsOf({ nodes, samples, timeDeltas });
  expect(busySeconds).toBe(2);
  expect(shares).toEqual({
    rest: 0.55,
    garbage: 0.05,
    "signature checks": 0.05,
    hashes: 0.05,
    "sockets and timers": 0.05,
    "Kafka client": 0.05,
    ledger: 0.05,
    stages: 0.05,
    "local store": 0.05,
    "codecs and buffers": 0.05,
  });
});
