import { beforeEach, describe, expect, it } from "vitest";
import { initialState } from "../../ledger/genesis/genesis.js";
import type { ChainOptions } from "../../processors/chain/chain-reader.js";
import {
  CERTIFICATES_KEY,
  DIGEST_RANGE,
  decodeOffset,
  decodePosition,
  encodeStateValue,
  heightOfDigestKey,
  POSITION_KEY,
  stateStoreKey,
} from "../../processors/chain/store-layout.js";
import { ExecuteTask } from "../../processors/execute/execute.js";
import type { StageTask, StepResult } from "../../processors/stage.js";
import { VoteTask } from "../../processors/vote/vote.js";
import { StoredState } from "../../runtime/store/stored-state.js";
import { MAC_KEY, makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { ShardLog } from "../support/shard-log.js";
import { MemoryStore } from "../support/topics.js";

const UNFINALISED_MAX = 3;
const net = makeTestNetwork({ parameters: { unfinalisedBlocksMax: UNFINALISED_MAX } });

/** What a store that holds `writes` opens to, as runtime/stages/chain-store.ts reads it. */
function reopened(log: ShardLog, store: MemoryStore): ChainOptions {
  const saved = store.get(POSITION_KEY);
  const certificates = store.get(CERTIFICATES_KEY);
  return {
    ...log.options(),
    state: new StoredState(store),
    ...(saved && { position: decodePosition(saved)! }),
    uncertified: new Map(
      store
        .entries(DIGEST_RANGE.gte, DIGEST_RANGE.lt)
        .map(([key, digest]) => [heightOfDigestKey(key), digest]),
    ),
    certificatesOffset: (certificates && decodeOffset(certificates)) ?? 0,
  };
}

const STAGES: Record<string, (options: ChainOptions) => StageTask> = {
  execute: (options) => new ExecuteTask({ ...options, macKey: MAC_KEY, written: new Map() }),
  vote: (options) =>
    new VoteTask({ ...options, validator: 1, keyPair: net.validatorKeys[0]!, ownVotes: new Map() }),
};

describe.each(Object.entries(STAGES))("%s, opened again from its store", (_stage, make) => {
  let log: ShardLog;
  let store: MemoryStore;
  beforeEach(() => {
    log = new ShardLog(net, 1);
    store = new MemoryStore();
    store.writeNow(
      Array.from(
        initialState(net.network, 1),
        ([key, value]) => [stateStoreKey(key), encodeStateValue(0, net.network.hash, value)] as const,
      ),
    );
    for (let nonce = 0; nonce < 8; nonce++) {
      log.submit(net.wallet(1).pay(net.wallet(1, 1), ONE, { nonce }), net.wallet(1).account);
      log.cut();
    }
  });
  const keep = (result: StepResult) => store.writeNow(result.store ?? []);
  const certificates = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => log.certificateRecord(from + index));
  /** Log records from where the task wants to start. */
  const rest = (task: StageTask) => log.records.slice(task.startAt!.get("shard.log"));
  const blocksOf = ({ storedChanges }: StepResult) => storedChanges!.length;

  it("goes on where it was", () => {
    const first = make(reopened(log, store));
    keep(first.step(log.records.slice(0, log.blocks[1]!.position.nextOffset), START_MS));
    keep(first.step(certificates(1, 2), START_MS));
    const second = make(reopened(log, store));
    expect(second.startAt).toEqual(
      new Map([
        ["shard.log", log.blocks[1]!.position.nextOffset],
        ["shard.finalized", 2],
      ]),
    );
    expect(blocksOf(second.step(rest(second), START_MS))).toBe(UNFINALISED_MAX);
  });

  it("still knows of certificates that it read before their blocks", () => {
    keep(make(reopened(log, store)).step(certificates(1, 8), START_MS));
    // It dies before it read the log. Nobody writes further certificates: the network waits for this task.
    const second = make(reopened(log, store));
    const from = second.startAt!.get("shard.finalized")!;
    const remaining = certificates(1, 8).slice(from);
    if (remaining.length > 0) keep(second.step(remaining, START_MS));
    expect(blocksOf(second.step(rest(second), START_MS))).toBe(8);
  });

  it("still compares with certificates that it read before their blocks", () => {
    const other = new ShardLog(net, 1);
    other.submit(net.wallet(1).pay(net.wallet(1, 1), 2n * ONE, { nonce: 0 }), net.wallet(1).account);
    other.cut();
    keep(make(reopened(log, store)).step([other.certificateRecord(1)], START_MS));
    const second = make(reopened(log, store));
    const records = [other.certificateRecord(1)].slice(second.startAt!.get("shard.finalized"));
    expect(() => {
      if (records.length > 0) second.step(records, START_MS);
      second.step(rest(second), START_MS);
    }).toThrow(expect.objectContaining({ code: "DIGEST_CONTRADICTED" }));
  });

  it("doesn't wait for certificates that came before their blocks", () => {
    const first = make(reopened(log, store));
    keep(first.step(certificates(1, 5), START_MS));
    keep(first.step(log.records.slice(0, log.blocks[4]!.position.nextOffset), START_MS));
    // Five blocks are closed, all certified: three more may be closed.
    const second = make(reopened(log, store));
    const certificatesLeft = certificates(1, 5).slice(second.startAt!.get("shard.finalized"));
    if (certificatesLeft.length > 0) keep(second.step(certificatesLeft, START_MS));
    expect(blocksOf(second.step(rest(second), START_MS))).toBe(UNFINALISED_MAX);
  });

  it("forgets the digests of certified heights, whichever of certificate and block came first", () => {
    const first = make(reopened(log, store));
    keep(first.step(certificates(1, 2), START_MS));
    keep(first.step(log.records.slice(0, log.blocks[3]!.position.nextOffset), START_MS));
    keep(first.step(certificates(3, 3), START_MS));
    expect([...reopened(log, store).uncertified.keys()]).toEqual([4]);
  });
});

describe("vote, opened again while it withheld a vote", () => {
  it("still knows of certificates of the withheld heights", () => {
    const log = new ShardLog(net, 1);
    log.nowMs = START_MS + 60_000;
    const store = new MemoryStore();
    for (let nonce = 0; nonce < 8; nonce++) {
      log.submit(net.wallet(1).pay(net.wallet(1, 1), ONE, { nonce }), net.wallet(1).account);
      log.cut();
    }
    const open = (): StageTask => STAGES.vote!({ ...reopened(log, store), state: log.options().state });
    const certificates = () => [1, 2, 3].map((height) => log.certificateRecord(height));
    // Its clock is behind, so it withholds; the others' clocks are right.
    const first = open();
    store.writeNow(first.step(log.records, START_MS).store ?? []);
    store.writeNow(first.step(certificates(), START_MS).store ?? []);
    const second = open();
    expect(second.startAt?.get("shard.log"), "nothing was stored").toBe(0);
    const left = certificates().slice(second.startAt!.get("shard.finalized"));
    if (left.length > 0) second.step(left, log.nowMs);
    expect(second.step(log.records, log.nowMs).storedChanges).toHaveLength(3 + UNFINALISED_MAX);
  });
});
