import { describe, expect, it } from "vitest";
import { decide, initialTopologyState, type ProposalRefusal } from "../../../ledger/resharding/decide.js";
import { REASON_CHARACTERS_MAX, signProposal } from "../../../ledger/resharding/proposal.js";
import type { Genesis, TopologyProposal, TopologyState } from "../../../schemas/generated.js";
import { makeTestNetwork, OPERATOR_KEY, START_MS } from "../../../simulator/world/network.js";

const { network } = makeTestNetwork({
  shards: 2,
  parameters: { reshardCooldownMs: 1_000, shardsMax: 3 },
});
const { genesis } = network;

function proposal(change: Partial<TopologyProposal>): TopologyProposal {
  const what = {
    genesis: network.hash,
    kind: "SPLIT",
    shards: [1],
    epoch: 0,
    createdAt: 1,
    reason: "",
  } satisfies Omit<TopologyProposal, "signature">;
  return signProposal({ ...what, ...change }, OPERATOR_KEY);
}

function accepted(change: Partial<TopologyProposal>, state: TopologyState, time = START_MS, of = genesis) {
  const decision = decide(proposal(change), state, of, time);
  if (!decision.ok) throw new Error(decision.code);
  return decision;
}

/** As the main chain hears of the first blocks of all shards. */
function begun(state: TopologyState, time = START_MS): TopologyState {
  const shards = state.shards.map((status) =>
    status.phase === "BEGINNING" ? { ...status, phase: "ACTIVE" as const, since: time } : status,
  );
  return { ...state, shards };
}

const start = initialTopologyState(genesis);

describe("a proposal to change the shard tree", () => {
  it("to split ends a shard and begins its halves, with new numbers and partitions", () => {
    const { change, state } = accepted({}, start);
    expect(change).toMatchObject({
      epoch: 1,
      kind: "SPLIT",
      ended: [1],
      begun: [
        { shard: 3, path: "1.1", prefix: "00", partition: 3, epoch: 1, parents: [1] },
        { shard: 4, path: "1.2", prefix: "01", partition: 4, epoch: 1, parents: [1] },
      ],
    });
    expect(state.shards.map(({ place, phase, ended }) => [place.shard, phase, ended])).toEqual([
      [1, "ENDING", 1],
      [2, "ACTIVE", -1],
      [3, "BEGINNING", -1],
      [4, "BEGINNING", -1],
    ]);
    expect(state).toMatchObject({ epoch: 1, nextShard: 5, nextPartition: 5 });
  });

  it("to merge ends the two children of one parent, and begins one with the parent's path and prefix", () => {
    const split = begun(accepted({}, start).state);
    const { change } = accepted({ kind: "MERGE", shards: [3, 4], epoch: 1 }, split, START_MS + 1_000);
    expect(change).toMatchObject({
      epoch: 2,
      ended: [3, 4],
      begun: [{ shard: 5, path: "1", prefix: "0", partition: 5, epoch: 2, parents: [3, 4] }],
    });
  });

  it("to pause or resume turns the kill switch; an older one that comes again doesn't turn it back", () => {
    const paused = accepted({ kind: "PAUSE", shards: [], createdAt: 10 }, start).state;
    expect(paused.isPaused).toBe(true);
    expect(decide(proposal({}), paused, genesis, START_MS)).toEqual({ ok: false, code: "PAUSED" });
    const resumed = accepted({ kind: "RESUME", shards: [], createdAt: 20 }, paused).state;
    expect(resumed.isPaused).toBe(false);
    expect(
      decide(proposal({ kind: "PAUSE", shards: [], createdAt: 10 }), resumed, genesis, START_MS),
    ).toEqual({
      ok: false,
      code: "STALE_SWITCH",
    });
    expect(accepted({ kind: "PAUSE", shards: [], epoch: 99, createdAt: 30 }, resumed).state.isPaused).toBe(
      true,
    );
  });

  const split = begun(accepted({}, start).state);
  const few: Genesis = { ...genesis, validators: genesis.validators.slice(1) };
  const deep: TopologyState = {
    ...start,
    shards: start.shards.map((status) => ({ ...status, place: { ...status.place, prefix: "0".repeat(16) } })),
  };
  const refused: [ProposalRefusal, Partial<TopologyProposal>, TopologyState, number?, Genesis?][] = [
    ["STALE_EPOCH", { epoch: 1 }, start],
    ["STALE_EPOCH", { epoch: 0, shards: [2] }, split],
    ["REASON_TOO_LONG", { reason: "a".repeat(REASON_CHARACTERS_MAX + 1) }, start],
    ["WRONG_SHARD_COUNT", { shards: [] }, start],
    ["WRONG_SHARD_COUNT", { shards: [1, 2] }, start],
    ["WRONG_SHARD_COUNT", { kind: "MERGE" }, start],
    ["WRONG_SHARD_COUNT", { kind: "PAUSE" }, start],
    ["TOO_FEW_VALIDATORS", {}, start, START_MS, few],
    ["UNKNOWN_SHARD", { shards: [9] }, start],
    ["UNKNOWN_SHARD", { shards: [0] }, start],
    ["SHARD_BUSY", { shards: [1], epoch: 1 }, accepted({}, start).state],
    ["SHARD_BUSY", { shards: [3], epoch: 1 }, accepted({}, start).state],
    ["COOLING_DOWN", { kind: "MERGE", shards: [3, 4], epoch: 1 }, split, START_MS + 999],
    ["TOO_MANY_SHARDS", { shards: [2], epoch: 1 }, split],
    ["TOO_DEEP", {}, deep],
    ["NOT_SIBLINGS", { kind: "MERGE", shards: [1, 2] }, start],
    ["NOT_SIBLINGS", { kind: "MERGE", shards: [4, 3], epoch: 1 }, split, START_MS + 1_000],
    ["NOT_SIBLINGS", { kind: "MERGE", shards: [3, 2], epoch: 1 }, split, START_MS + 1_000],
    ["NOT_SIBLINGS", { kind: "MERGE", shards: [3, 3], epoch: 1 }, split, START_MS + 1_000],
  ];

  it.each(refused)("is refused with %s: %o", (code, change, state, time = START_MS, of = genesis) => {
    expect(decide(proposal(change), state, of, time)).toEqual({ ok: false, code });
  });
});
