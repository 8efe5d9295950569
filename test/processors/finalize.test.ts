import { beforeEach, describe, expect, it } from "vitest";
import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { digestOf } from "../../ledger/block/header.js";
import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import { heightKey, keyBytes } from "../../ledger/state/key.js";
import { type FinalizeOptions, FinalizeTask } from "../../processors/finalize/finalize.js";
import type { InputRecord, StepResult } from "../../processors/stage.js";
import { codec } from "../../schemas/codec.js";
import type { BlockHeader } from "../../schemas/generated.js";
import { makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { certificateOf, decoded, inputRecord, ShardLog } from "../support/shard-log.js";

const net = makeTestNetwork({
  stakes: [1_000, 1_000, 1_000, 1_000],
  parameters: { unfinalisedBlocksMax: 2 },
});
const HEIGHT_KEY = keyBytes(heightKey(net.network.topology.shard(1).prefix));

function open(change: Partial<FinalizeOptions> = {}): FinalizeTask {
  const { network } = net;
  return new FinalizeTask({
    network,
    shard: 1,
    certifiedHeight: 0,
    stateHeight: 0,
    certificates: [],
    checkpointHeight: 0,
    ...change,
  });
}

/** A header that differs from a block's, as a lying or mistaken validator would sign it. */
function other({ header }: ExecutedBlock): { header: BlockHeader; digest: Buffer } {
  const changed = { ...header, receiptsRoot: Buffer.alloc(32, 3) };
  return { header: changed, digest: digestOf(changed) };
}

describe("finalize", () => {
  let log: ShardLog;
  let nextVote: number;
  beforeEach(() => {
    log = new ShardLog(net, 1);
    nextVote = 0;
    for (let nonce = 0; nonce < 4; nonce++) {
      log.submit(net.wallet(1).pay(net.wallet(1, 1), ONE, { nonce }), net.wallet(1).account);
      log.cut();
    }
  });
  const vote = (block: Pick<ExecutedBlock, "header" | "digest">, validator: number) =>
    log.voteRecord(block.header, block.digest, validator, nextVote++);
  const votes = (height: number, validators: readonly number[]) =>
    validators.map((validator) => vote(log.blocks[height - 1]!, validator));
  const changes = (from: number, to = from): InputRecord[] =>
    log.outputs("shard.changes").slice(from - 1, to);
  const certified = ({ records }: StepResult) =>
    records
      .filter(({ topic }) => topic === "shard.finalized")
      .map((record) => decoded("FinalityCertificate", record));
  const heightsOf = (result: StepResult) => certified(result).map(({ header }) => header.height);
  const codes = ({ alerts }: StepResult) => alerts!.map(({ code }) => code);
  /** Heights that shard.state is said to be complete up to. */
  const completed = ({ records }: StepResult) =>
    records
      .filter(({ topic, key }) => topic === "shard.state" && key?.equals(HEIGHT_KEY))
      .map((record) => decoded("StateRecord", record).height);

  it("certifies a digest as soon as strictly more than two thirds signed it, and not before", () => {
    const task = open();
    expect(task.step(votes(1, [1, 2])).records).toEqual([]);
    const result = task.step(votes(1, [4]));
    expect(result.records).toHaveLength(1);
    expect(result.records[0]).toMatchObject({ topic: "shard.finalized", partition: 1 });
    expect(result.records[0]!.key).toEqual(Buffer.from("0000000000000001", "hex"));
    const [certificate] = certified(result);
    expect(certificate).toMatchObject({ signedStake: 3_000, totalStake: 4_000 });
    expect(certificate!.signatures.map(({ validator }) => validator)).toEqual([1, 2, 4]);
    expect(
      verifyCertificate(certificate!.header, certificate!.signatures, net.network.consensus),
    ).toMatchObject({
      ok: true,
      digest: log.blocks[0]!.digest,
    });
  });

  it("two thirds exactly are not enough", () => {
    const thirds = makeTestNetwork({ stakes: [1, 1, 1] });
    const shard = new ShardLog(thirds, 1);
    shard.submit(thirds.wallet(1).pay(thirds.wallet(1, 1), ONE), thirds.wallet(1).account);
    shard.cut();
    const task = open({ network: thirds.network });
    const { header, digest } = shard.blocks[0]!;
    expect(task.step([1, 2].map((v, offset) => shard.voteRecord(header, digest, v, offset))).records).toEqual(
      [],
    );
    expect(task.step([shard.voteRecord(header, digest, 3, 2)]).records).toHaveLength(1);
  });

  it("certifies heights in order, whatever order the votes come in, each once", () => {
    const task = open();
    expect(heightsOf(task.step(votes(3, [1, 2, 3])))).toEqual([]);
    expect(heightsOf(task.step(votes(2, [1, 2, 3])))).toEqual([]);
    expect(heightsOf(task.step(votes(1, [1, 2, 3])))).toEqual([1, 2, 3]);
    expect(heightsOf(task.step([...votes(1, [1, 2, 3, 4]), ...votes(3, [4])]))).toEqual([]);
  });

  it("counts a vote that is there twice once", () => {
    const task = open();
    const result = task.step([...votes(1, [1, 1, 2, 2]), ...votes(1, [1, 2])]);
    expect(result.records).toEqual([]);
    expect(codes(result)).toEqual([]);
  });

  it("verifies each signature, and takes no vote of a stranger, another shard or another network", () => {
    const task = open();
    const { header } = log.blocks[0]!;
    const badly = { ...vote(log.blocks[0]!, 3), value: vote({ header, digest: Buffer.alloc(32) }, 3).value };
    const stranger = codec("Vote").encode({ validator: 9, header, signature: Buffer.alloc(64) });
    const elsewhere = { ...header, shard: 2 };
    const result = task.step([
      ...votes(1, [1, 2]),
      badly,
      inputRecord("shard.votes", stranger, { partition: 1, offset: 7 }),
      log.voteRecord(elsewhere, digestOf(elsewhere), 3, 8),
      inputRecord("shard.votes", Buffer.from("?"), { partition: 1, offset: 9 }),
    ]);
    expect(result.records).toEqual([]);
    expect(codes(result)).toEqual([
      "BAD_VOTE_SIGNATURE",
      "UNKNOWN_VALIDATOR",
      "OTHER_CHAIN",
      "INPUT_CORRUPT",
    ]);
    // A vote that someone else spoiled doesn't keep the validator's own from counting.
    expect(heightsOf(task.step(votes(1, [3])))).toEqual([1]);
  });

  it("reports a validator that signed two digests, and counts its first vote only", () => {
    const task = open();
    const [block] = log.blocks;
    const result = task.step([vote(block!, 1), vote(other(block!), 1), vote(other(block!), 2)]);
    expect(codes(result)).toEqual(["EQUIVOCATION"]);
    expect(result.alerts![0]!.message).toContain("validator 1");
    expect(certified(task.step(votes(1, [3, 4])))).toMatchObject([
      { digest: block!.digest, signedStake: 3_000 },
    ]);
  });

  it("says once when no digest can reach a quorum any more", () => {
    const task = open();
    const [block] = log.blocks;
    expect(codes(task.step([...votes(1, [1, 2])]))).toEqual([]);
    expect(codes(task.step([vote(other(block!), 3)])), "validator 4 can still decide").toEqual([]);
    const result = task.step([vote(other(block!), 4)]);
    expect(codes(result)).toEqual(["NO_QUORUM_POSSIBLE"]);
    expect(result.alerts![0]!.message).toContain(block!.digest.toString("hex"));
    expect(codes(task.step(votes(1, [1])))).toEqual([]);
  });

  it("writes state only under a certificate and under changes that hash to its changesRoot", () => {
    const task = open();
    expect(task.step(changes(1)).records, "not certified").toEqual([]);
    const result = task.step(votes(1, [1, 2, 3]));
    const state = result.records.filter(({ topic }) => topic === "shard.state");
    expect(new Map(state.slice(0, -1).map(({ key, value }) => [key!.toString("latin1"), value]))).toEqual(
      new Map(
        Array.from(log.blocks[0]!.changes, ([key, value]) => [
          key,
          codec("StateRecord").encode({ height: 1, digest: log.blocks[0]!.digest, value }),
        ]),
      ),
    );
    expect(completed(result)).toEqual([1]);
    expect(state.at(-1)!.key, "the height comes last").toEqual(HEIGHT_KEY);
  });

  it("writes no state from changes under the right digest that don't hash to the root, and says so", () => {
    const task = open();
    const block = log.blocks[0]!;
    const forged = codec("BlockChanges").encode({ shard: 1, height: 1, digest: block.digest, changes: [] });
    const first = task.step([inputRecord("shard.changes", forged, { partition: 1, offset: 0 })]);
    const second = task.step(votes(1, [1, 2, 3]));
    expect(completed(second)).toEqual([]);
    expect([...codes(first), ...codes(second)]).toContain("EXECUTE_CONTRADICTED");
    const right = { ...changes(1)[0]!, offset: 1 };
    expect(completed(task.step([right]))).toEqual([1]);
  });

  it.each(["changes", "certificate"])(
    "names an execute that arrived at something else; first the %s",
    (first) => {
      const task = open();
      const wrong = codec("BlockChanges").encode({
        shard: 1,
        height: 1,
        digest: Buffer.alloc(32, 7),
        changes: [],
      });
      const inputs = [[inputRecord("shard.changes", wrong, { partition: 1 })], votes(1, [1, 2, 3])];
      if (first === "certificate") inputs.reverse();
      const results = inputs.map((records) => task.step(records));
      const alerts = results.flatMap(({ alerts }) => alerts!);
      expect(alerts.map(({ code }) => code)).toEqual(["EXECUTE_CONTRADICTED"]);
      expect(alerts[0]!.message).toContain("07070707");
      expect(alerts[0]!.message).toContain(log.blocks[0]!.digest.toString("hex"));
      expect(results.flatMap(completed)).toEqual([]);
      expect(completed(task.step([{ ...changes(1)[0]!, offset: 1 }])), "written again, right").toEqual([1]);
    },
  );

  it("writes the state of several heights in order once the gap is closed", () => {
    const task = open();
    task.step(votes(1, [1, 2, 3]));
    task.step(votes(2, [1, 2, 3]));
    expect(completed(task.step(changes(2)))).toEqual([]);
    expect(completed(task.step(changes(1)))).toEqual([1, 2]);
  });

  it("resumes at the first vote of an undecided height and at the first changes not written", () => {
    const task = open();
    expect(task.step(votes(2, [1])).resumeAt?.get("shard.votes")).toBe(0);
    expect(task.step(votes(1, [1, 2, 3])).resumeAt?.get("shard.votes"), "height 2 is open").toBe(0);
    expect(task.step(votes(2, [2, 3])).resumeAt?.get("shard.votes")).toBe(6);
    expect(task.step(changes(1, 3)).resumeAt?.get("shard.changes"), "height 3 isn't certified").toBe(2);
    const { resumeAt } = task.step(votes(3, [1, 2, 3]));
    expect(resumeAt?.get("shard.votes")).toBe(9);
    expect(task.step(changes(4)).resumeAt?.get("shard.changes")).toBe(3);
  });

  it("after reopening goes on above what is written, without writing it again", () => {
    const certificates = log.blocks.slice(0, 3).map((block) => certificateOf(net, block));
    // Certificates 1 to 3 are written, state up to 1.
    const task = open({ certifiedHeight: 3, stateHeight: 1, certificates: certificates.slice(1) });
    const replayed = task.step([1, 2, 3, 4].flatMap((height) => votes(height, [1, 2, 3])));
    expect(heightsOf(replayed)).toEqual([4]);
    expect(completed(task.step(changes(1, 4)))).toEqual([2, 3, 4]);
  });

  it("passes over changes that it can't read", () => {
    const result = open().step([inputRecord("shard.changes", Buffer.from("?"), { partition: 1 })]);
    expect(codes(result)).toEqual(["INPUT_CORRUPT"]);
    expect(result.resumeAt?.get("shard.changes")).toBe(1);
  });
});
