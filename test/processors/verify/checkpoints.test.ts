import { describe, expect, it } from "vitest";
import { checkpointDigest } from "../../../ledger/checkpoint/checkpoint.js";
import { initialState } from "../../../ledger/genesis/genesis.js";
import { encodeChanges } from "../../../ledger/state/encoded-changes.js";
import { StateTree } from "../../../ledger/state-tree/state-tree.js";
import type { DifferenceCode } from "../../../processors/verify/difference.js";
import type { Checkpoint, CheckpointCertificate } from "../../../schemas/generated.js";
import { replay } from "../../support/auditor.js";
import { MemorySource } from "../../support/chain-source.js";
import { signaturesOf } from "../../support/shard-log.js";
import {
  expectDifference,
  flipped,
  HEIGHT,
  network,
  partition,
  SHARD,
  sound,
  verify,
} from "../../support/verified-chain.js";

/** Certificates for the state after some of a shard's blocks. */
function checkpoints(heights: readonly number[], change: Partial<Checkpoint> = {}): CheckpointCertificate[] {
  const { prefix } = network.topology.shard(SHARD);
  const tree = new StateTree(prefix);
  tree.apply(encodeChanges(initialState(network, SHARD)));
  const certificates: CheckpointCertificate[] = [];
  for (const { header, digest, encodedChanges } of replay(sound, SHARD).blocks) {
    tree.apply(encodedChanges);
    const { height, time, epoch } = header;
    if (!heights.includes(height)) continue;
    const right = { genesis: network.hash, shard: SHARD, height, block: digest, time, epoch, prefix };
    const checkpoint: Checkpoint = { ...right, stateRoot: tree.root, ...change };
    const signatures = signaturesOf(sound.net, checkpointDigest(checkpoint), [1, 2, 3]);
    certificates.push({ checkpoint, signatures });
  }
  return certificates;
}

describe("a verifier of checkpoints", () => {
  async function withCheckpoints(certificates: CheckpointCertificate[]) {
    const source = new MemorySource(sound);
    source.certified.set(partition, certificates);
    return verify(source);
  }

  it("finds them right, also where one is repeated", async () => {
    const certified = checkpoints([2, 3, 7]);
    const report = await withCheckpoints([...certified, certified[1]!]);
    expect(report.firstDifference).toBeNull();
    expect(report.shards.map((figures) => figures.checkpoints)).toEqual([0, 0, 3, 0, 0]);
  });

  it.each<[string, DifferenceCode, Partial<Checkpoint>]>([
    ["another root", "CHECKPOINT_ROOT_DIFFERS", { stateRoot: Buffer.alloc(32, 3) }],
    ["another block", "CHECKPOINT_BLOCK_DIFFERS", { block: Buffer.alloc(32, 3) }],
    ["another time", "CHECKPOINT_INVALID", { time: 1 }],
    ["another epoch", "CHECKPOINT_INVALID", { epoch: 1 }],
    ["another prefix", "CHECKPOINT_INVALID", { prefix: "11" }],
    ["another network", "CHECKPOINT_INVALID", { genesis: Buffer.alloc(32) }],
  ])("%s: %s", async (_, code, change) => {
    expectDifference((await withCheckpoints(checkpoints([HEIGHT], change))).firstDifference, code);
  });

  it("no quorum, or a wrong signature: CHECKPOINT_INVALID", async () => {
    const [right] = checkpoints([HEIGHT]);
    const { signatures } = right!;
    for (const wrong of [
      signatures.slice(0, 2),
      signatures.map((each) => ({ ...each, signature: flipped(each.signature) })),
    ]) {
      const report = await withCheckpoints([{ ...right!, signatures: wrong }]);
      expectDifference(report.firstDifference, "CHECKPOINT_INVALID");
    }
  });

  it("a state in which a value is another's: CHECKPOINT_ROOT_DIFFERS at the first checkpoint after it", async () => {
    const [first, second] = checkpoints([2, 5]);
    const stateRoot = first!.checkpoint.stateRoot;
    const checkpoint = { ...second!.checkpoint, stateRoot };
    const signatures = signaturesOf(sound.net, checkpointDigest(checkpoint), [1, 2, 3]);
    const report = await withCheckpoints([first!, { checkpoint, signatures }]);
    expectDifference(report.firstDifference, "CHECKPOINT_ROOT_DIFFERS", 5);
  });
});
