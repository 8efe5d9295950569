import type {
  Genesis,
  ShardPlace,
  ShardStatus,
  TopologyChange,
  TopologyProposal,
  TopologyState,
} from "../../schemas/generated.js";
import { MAIN_CHAIN, TOPOLOGY_BITS_MAX } from "../topology.js";
import { REASON_CHARACTERS_MAX } from "./proposal.js";

/** Validators that a network needs before its shards may change: fewer can't do without one of them. */
export const VALIDATORS_MIN = 4;

/** Why the main chain refuses a proposal; it changes nothing then. */
export const PROPOSAL_REFUSALS = {
  STALE_EPOCH: "The shard tree has changed since the proposal was made.",
  STALE_SWITCH: "A newer pause or resume was there before.",
  PAUSED: "The kill switch is on.",
  REASON_TOO_LONG: `The reason has more than ${REASON_CHARACTERS_MAX} characters.`,
  WRONG_SHARD_COUNT: "A split names one shard, a merge two, a pause or resume none.",
  TOO_FEW_VALIDATORS: `The network has fewer than ${VALIDATORS_MIN} validators.`,
  UNKNOWN_SHARD: "There is no such shard.",
  SHARD_BUSY: "An earlier change of the shard is not done.",
  COOLING_DOWN: "The shard began too short a time ago.",
  TOO_MANY_SHARDS: "There are as many shards as there may be.",
  TOO_DEEP: "The shard is as small a part as a shard can be.",
  NOT_SIBLINGS: "Only the two children of one parent can be merged, left half first.",
} as const;

export type ProposalRefusal = keyof typeof PROPOSAL_REFUSALS;

/** The shard tree of the genesis. */
export function initialTopologyState(genesis: Genesis): TopologyState {
  const owners = genesis.shards.filter(({ shard }) => shard !== MAIN_CHAIN);
  return {
    epoch: 0,
    isPaused: false,
    switchedAt: 0,
    nextShard: 1 + Math.max(...genesis.shards.map(({ shard }) => shard)),
    nextPartition: 1 + Math.max(...genesis.shards.map(({ partition }) => partition)),
    shards: owners.map((place) => ({
      place: { ...place, epoch: 0, parents: [] },
      phase: "ACTIVE",
      since: 0,
      ended: -1,
    })),
  };
}

/** What becomes of a proposal: the state after it, and the change of the tree where there is one. */
export type Decision =
  | { readonly ok: false; readonly code: ProposalRefusal }
  | { readonly ok: true; readonly state: TopologyState; readonly change?: TopologyChange };

/** @param time main-chain time, in milliseconds since 1970 */
export function decide(
  proposal: TopologyProposal,
  state: TopologyState,
  genesis: Genesis,
  time: number,
): Decision {
  const { kind, shards: numbers } = proposal;
  if (proposal.reason.length > REASON_CHARACTERS_MAX) return refused("REASON_TOO_LONG");
  if (numbers.length !== SHARD_COUNTS[kind]) return refused("WRONG_SHARD_COUNT");
  if (kind === "PAUSE" || kind === "RESUME") {
    // An old one that comes again must not turn the switch back.
    if (proposal.createdAt <= state.switchedAt) return refused("STALE_SWITCH");
    return {
      ok: true,
      state: { ...state, isPaused: kind === "PAUSE", switchedAt: proposal.createdAt },
    };
  }
  if (proposal.epoch !== state.epoch) return refused("STALE_EPOCH");
  if (state.isPaused) return refused("PAUSED");
  if (genesis.validators.length < VALIDATORS_MIN) return refused("TOO_FEW_VALIDATORS");
  const named = numbers.map((number) => state.shards.find(({ place }) => place.shard === number));
  const found = named.filter((shard) => shard !== undefined);
  if (found.length < named.length) return refused("UNKNOWN_SHARD");
  if (found.some(({ phase }) => phase !== "ACTIVE")) return refused("SHARD_BUSY");
  const { reshardCooldownMs, shardsMax } = genesis.parameters;
  if (found.some(({ place, since }) => place.epoch > 0 && time < since + reshardCooldownMs))
    return refused("COOLING_DOWN");
  const begun = kind === "SPLIT" ? halvesOf(found[0]!.place, state) : wholeOf(found, state);
  if (typeof begun === "string") return refused(begun);
  const change: TopologyChange = { epoch: state.epoch + 1, kind, ended: [...numbers], begun };
  const after = changed(state, change, time);
  const live = after.shards.filter(({ phase }) => phase !== "ENDING");
  return live.length > shardsMax ? refused("TOO_MANY_SHARDS") : { ok: true, state: after, change };
}

const SHARD_COUNTS = { SPLIT: 1, MERGE: 2, PAUSE: 0, RESUME: 0 } as const;

function refused(code: ProposalRefusal): Decision {
  return { ok: false, code };
}

function halvesOf(parent: ShardPlace, state: TopologyState): ShardPlace[] | ProposalRefusal {
  if (parent.prefix.length >= TOPOLOGY_BITS_MAX) return "TOO_DEEP";
  return [0, 1].map((half) => ({
    shard: state.nextShard + half,
    path: `${parent.path}.${half + 1}`,
    prefix: `${parent.prefix}${half}`,
    partition: state.nextPartition + half,
    epoch: state.epoch + 1,
    parents: [parent.shard],
  }));
}

function wholeOf(halves: readonly ShardStatus[], state: TopologyState): ShardPlace[] | ProposalRefusal {
  const [left, right] = halves.map(({ place }) => place) as [ShardPlace, ShardPlace];
  const path = left.path.slice(0, -2);
  if (path === "" || left.path !== `${path}.1` || right.path !== `${path}.2`) return "NOT_SIBLINGS";
  return [
    {
      shard: state.nextShard,
      path,
      prefix: left.prefix.slice(0, -1),
      partition: state.nextPartition,
      epoch: state.epoch + 1,
      parents: [left.shard, right.shard],
    },
  ];
}

function changed(state: TopologyState, { epoch, ended, begun }: TopologyChange, time: number): TopologyState {
  const before = state.shards.map((status) =>
    ended.includes(status.place.shard)
      ? { ...status, phase: "ENDING" as const, since: time, ended: epoch }
      : status,
  );
  const after = begun.map((place) => ({ place, phase: "BEGINNING" as const, since: time, ended: -1 }));
  return {
    ...state,
    epoch,
    nextShard: state.nextShard + begun.length,
    nextPartition: state.nextPartition + begun.length,
    shards: [...before, ...after],
  };
}
