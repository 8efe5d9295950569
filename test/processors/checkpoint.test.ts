import { beforeEach, describe, expect, it } from "vitest";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { checkpointRank } from "../../ledger/checkpoint/rank.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { CheckpointTask } from "../../processors/checkpoint/checkpoint.js";
import { GENESIS_PLACE, readPlace } from "../../processors/checkpoint/store-layout.js";
import { rankToKeepUp } from "../../processors/checkpoint/stretch.js";
import type { InputRecord, StepResult } from "../../processors/stage.js";
import { codec, fromWire } from "../../schemas/codec.js";
import type { CheckpointVote } from "../../schemas/generated.js";
import { makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { asInput, decoded, ShardLog, signaturesOf } from "../support/shard-log.js";

const INTERVAL = 10_000;
const net = makeTestNetwork({ parameters: { maximumEntriesPerBlock: 4, checkpointIntervalMs: INTERVAL } });
const { network } = net;
const SHARD = 1;
const { prefix } = network.topology.shard(SHARD);

function genesisTree(): StateTree {
  const tree = new StateTree(prefix);
  tree.apply(encodeChanges(initialState(network, SHARD)));
  return tree;
}

/** What the root must be after the first blocks: a tree that is made at once of the state that they lead to. */
function rootAfter(log: ShardLog, blocks: number): Buffer {
  const state = new Map(initialState(network, SHARD));
  for (const { changes } of log.blocks.slice(0, blocks))
    for (const [key, value] of changes) {
      if (value === null) state.delete(key);
      else state.set(key, value);
    }
  const tree = new StateTree(prefix);
  tree.apply(encodeChanges(state));
  return tree.root;
}

describe("checkpoint ranks", () => {
  it("are undefined within an interval, and nested beyond", () => {
    expect(checkpointRank(10_000, 19_999, INTERVAL)).toBeUndefined();
    expect(checkpointRank(19_999, 20_000, INTERVAL)).toBe(1);
    expect(checkpointRank(10_000, 20_000, INTERVAL)).toBe(1);
    expect(checkpointRank(20_000, 30_000, INTERVAL)).toBe(0);
    expect(checkpointRank(70_000, 80_000, INTERVAL)).toBe(3);
    expect(checkpointRank(20_000, 95_000, INTERVAL)).toBe(3);
    expect(checkpointRank(0, START_MS, INTERVAL), "the first block").toBeGreaterThan(20);
  });

  it("of a block are at least r where it is the first of an interval of 2^r lengths, and only then", () => {
    let before = START_MS;
    for (let step = 1; step < 500; step++) {
      const time = before + ((step * 7_919) % 23_000);
      const rank = checkpointRank(before, time, INTERVAL);
      for (let r = 0; r < 8; r++) {
        const isFirst = Math.floor(before / (INTERVAL * 2 ** r)) !== Math.floor(time / (INTERVAL * 2 ** r));
        expect(rank !== undefined && rank >= r).toBe(isFirst);
      }
      before = time;
    }
  });

  it("that can be kept up with grow with the time that hashing takes, and with the time that is behind", () => {
    expect(rankToKeepUp(0, 0, INTERVAL)).toBe(0);
    expect(rankToKeepUp(INTERVAL / 2, 2 * INTERVAL, INTERVAL)).toBe(0);
    expect(rankToKeepUp(INTERVAL / 2 + 1, 0, INTERVAL)).toBe(1);
    expect(rankToKeepUp(2 * INTERVAL, 0, INTERVAL)).toBe(2);
    expect(rankToKeepUp(0, 16 * INTERVAL, INTERVAL)).toBe(3);
  });
});

describe("checkpoint", () => {
  let log: ShardLog;
  let nonce: number;
  let offset: number;
  beforeEach(() => {
    log = new ShardLog(net, SHARD);
    nonce = 0;
    offset = 0;
  });

  const open = (certifiedHeight = 0) =>
    new CheckpointTask({
      network,
      shard: SHARD,
      validator: 1,
      keyPair: net.validatorKeys[0]!,
      tree: genesisTree(),
      place: GENESIS_PLACE,
      certifiedHeight,
    });
  const block = (timeMs: number) => {
    log.nowMs = timeMs;
    for (const to of [net.wallet(1, 1), net.wallet(1, 2)])
      log.submit(net.wallet(1).pay(to, ONE, { nonce: nonce++ }), net.wallet(1).account);
    log.cut();
  };
  const changes = (height: number): InputRecord => ({
    ...log.outputs("shard.changes")[height - 1]!,
    offset: offset++,
  });
  const certificate = (height: number): InputRecord => ({
    ...log.certificateRecord(height),
    offset: offset++,
  });
  /** Gives a task blocks of the log, and lets it work until it waits for something else than itself. */
  function feed(task: CheckpointTask, heights: readonly number[], nowMs = START_MS): StepResult[] {
    const results: StepResult[] = [];
    for (const height of heights) {
      results.push(task.step([changes(height)], nowMs));
      results.push(task.step([certificate(height)], nowMs));
      while (results.at(-1)!.wakeAtMs === nowMs + 1) results.push(task.timer(nowMs));
    }
    return results;
  }
  const votesOf = (results: readonly StepResult[]): CheckpointVote[] =>
    results.flatMap(({ records }) => records.map((record) => decoded("CheckpointVote", record)));

  it("signs the root of the state after the first block of each interval", () => {
    for (const time of [0, 1_000, INTERVAL, INTERVAL + 1, 2 * INTERVAL]) block(START_MS + time);
    const votes = votesOf(feed(open(), [1, 2, 3, 4, 5]));
    expect(votes.map(({ checkpoint }) => checkpoint.height)).toEqual([1, 3, 5]);
    for (const { checkpoint, validator, signature } of votes) {
      const { header, digest } = log.blocks[checkpoint.height - 1]!;
      expect(checkpoint).toMatchObject({ shard: SHARD, prefix, time: header.time, epoch: header.epoch });
      expect(checkpoint.block).toEqual(digest);
      expect(checkpoint.stateRoot).toEqual(rootAfter(log, checkpoint.height));
      const { validators } = network.consensus;
      const isOurs = network.consensus.verifyVote(
        validators.get(validator)!,
        checkpointDigest(checkpoint),
        signature,
      );
      expect(isOurs).toBe(true);
    }
  });

  it("signs the last root when nothing comes for an interval", () => {
    for (const time of [0, 1_000, 2_000]) block(START_MS + time);
    const task = open();
    const { wakeAtMs } = feed(task, [1, 2, 3]).at(-1)!;
    expect(wakeAtMs).toBe(START_MS + INTERVAL);
    expect(task.timer(START_MS + INTERVAL - 5).records).toEqual([]);
    let result = task.timer(START_MS + INTERVAL);
    const results = [result];
    while (result.wakeAtMs !== undefined) {
      result = task.timer(result.wakeAtMs);
      results.push(result);
    }
    const [vote, ...others] = votesOf(results);
    expect(others).toEqual([]);
    expect(vote?.checkpoint.height).toBe(3);
    expect(vote?.checkpoint.stateRoot).toEqual(rootAfter(log, 3));
  });

  it("takes no block before it is certified, nor changes that aren't the certified ones", () => {
    block(START_MS);
    const task = open();
    expect(task.step([changes(1)], START_MS).wakeAtMs).toBeUndefined();
    const right = changes(1);
    const content = codec("BlockChanges").decode(fromWire(right.value)!.avroBytes)!;
    const value = codec("BlockChanges").encode({ ...content, changes: content.changes.slice(1) });
    const forged = asInput({ topic: "shard.changes", key: null, value }, right.offset);
    const other = open();
    other.step([forged], START_MS);
    const { alerts, wakeAtMs } = other.step([certificate(1)], START_MS);
    expect(wakeAtMs).toBeUndefined();
    expect(alerts?.map(({ code }) => code)).toEqual(["EXECUTE_CONTRADICTED"]);
    expect(
      votesOf(feed(other, [1])).map(({ checkpoint }) => checkpoint.height),
      "the right ones come",
    ).toEqual([1]);
  });

  it("goes on from the store as if nothing had happened, and signs nothing that is certified", () => {
    for (const time of [0, 1_000, INTERVAL, 2 * INTERVAL]) block(START_MS + time);
    const results = feed(open(), [1, 2, 3]);
    const store = new Map<string, Buffer | null>();
    for (const { store: batch = [] } of results) for (const [key, value] of batch) store.set(key, value);
    const place = readPlace({ get: (key) => store.get(key) ?? undefined })!;
    expect(place.height).toBe(3);
    const tree = genesisTree();
    for (const { store: batch = [] } of results)
      for (const [key, value] of batch)
        if (key.startsWith("leaf/"))
          tree.apply([
            { key: key.slice(5) as never, isRemoval: value === null, valueBytes: value ?? Buffer.alloc(0) },
          ]);
    expect(tree.root).toEqual(rootAfter(log, 3));
    const again = new CheckpointTask({
      network,
      shard: SHARD,
      validator: 1,
      keyPair: net.validatorKeys[0]!,
      tree,
      place,
      certifiedHeight: 3,
    });
    expect([...again.startAt.values()]).toEqual([place.changesOffset, place.finalizedOffset]);
    const [vote] = votesOf(feed(again, [2, 3, 4]));
    expect(vote?.checkpoint.height).toBe(4);
    expect(vote?.checkpoint.stateRoot).toEqual(rootAfter(log, 4));
    expect(votesOf(feed(open(4), [1, 2, 3, 4])), "certified already").toEqual([]);
  });

  it("stops reading what is far ahead, and goes on reading what that waits for", () => {
    block(START_MS);
    const task = open();
    const content = codec("BlockChanges").decode(fromWire(changes(1).value)!.avroBytes)!;
    const ahead = Array.from({ length: 257 }, (_, index): InputRecord => {
      const value = codec("BlockChanges").encode({ ...content, height: index + 1 });
      return asInput({ topic: "shard.changes", key: null, value }, index);
    });
    expect(task.step(ahead, START_MS).pause).toEqual(["shard.changes"]);
    expect(votesOf(feed(task, [1])).map(({ checkpoint }) => checkpoint.height)).toEqual([1]);
    expect(task.timer(START_MS).pause).toEqual([]);
  });

  it("takes blocks while it hashes, leaves out what it can't keep up with, and waits with the next it can", () => {
    const times = [0, 1_000, INTERVAL, 2 * INTERVAL, 2 * INTERVAL + 1, 4 * INTERVAL, 4 * INTERVAL + 1];
    // At a multiple of 16 intervals: ranks are 4 or more, -, 0, 1, -, 2, -.
    const start = Math.ceil(START_MS / (16 * INTERVAL)) * 16 * INTERVAL;
    for (const time of times) block(start + time);
    const task = open();
    task.step([changes(1)], start);
    task.step([certificate(1)], start);
    // Meanwhile an interval goes by: only every second checkpoint can be kept up with.
    const nowMs = start + INTERVAL;
    for (const height of [2, 3, 4, 5]) {
      task.step([changes(height)], nowMs);
      task.step([certificate(height)], nowMs);
    }
    const results = [task.timer(nowMs)];
    while (results.at(-1)!.wakeAtMs === nowMs + 1) results.push(task.timer(nowMs));
    const [first, second, ...others] = votesOf(results);
    expect(others).toEqual([]);
    expect([first?.checkpoint.height, second?.checkpoint.height]).toEqual([1, 4]);
    expect(first?.checkpoint.stateRoot).toEqual(rootAfter(log, 1));
    expect(second?.checkpoint.stateRoot).toEqual(rootAfter(log, 4));
    const later = votesOf(feed(task, [6, 7], nowMs));
    expect(later.map(({ checkpoint }) => checkpoint.height)).toEqual([6]);
    expect(later[0]?.checkpoint.stateRoot).toEqual(rootAfter(log, 6));
  });

  it("stops where another root is certified than its own", () => {
    block(START_MS);
    const task = open();
    const [vote] = votesOf(feed(task, [1]));
    const certified = (stateRoot: Buffer): InputRecord => {
      const checkpoint = { ...vote!.checkpoint, stateRoot };
      const signatures = signaturesOf(net, checkpointDigest(checkpoint), [1, 2, 3]);
      const value = codec("CheckpointCertificate").encode({ checkpoint, signatures });
      return asInput({ topic: "shard.checkpoints", key: null, value }, 0);
    };
    expect(task.step([certified(vote!.checkpoint.stateRoot)], START_MS).alerts).toEqual([]);
    expect(() => task.step([certified(Buffer.alloc(32, 1))], START_MS)).toThrow(/own state root/);
  });
});
