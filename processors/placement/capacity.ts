import type { PlacementInput, PlacementMember } from "./terms.js";

/** Less than this share of a process is never assumed of a member that gets on at all. */
const SPEED_MIN = 0.1;
/** A member is behind when its unread records are worth more than so many seconds of steps. */
const LAG_TOLERATED_S = 1;
/** A member with so many seconds of unread work counts half. */
const LAG_HALVING_S = 10;
/** Being behind costs a member at most this: that it has much to do counts already, and what it loses it can't win back at once. */
const BEHIND_MIN = 0.5;

/** What each member can do, 1 being an ordinary one; 0: it is to get nothing. In the order of the members. */
export function capacitiesOf({ members, partitions, strategy }: PlacementInput): number[] {
  if (strategy !== "weighted" && strategy !== "adaptive") return members.map(() => 1);
  const mean = members.reduce((sum, { weight }) => sum + weight, 0) / members.length;
  const weights = members.map(({ weight }) => weight / mean);
  if (strategy === "weighted") return weights;
  const lags = new Map(partitions.map(({ number, lag }) => [number, lag]));
  const counts = stuckCounts(members);
  const speeds = members.map((member) => speedOf(member, lags, counts));
  // Where nobody gets on, nobody is worse than the others.
  return speeds.every((speed) => speed === 0)
    ? weights
    : speeds.map((speed, place) => speed * weights[place]!);
}

/** By how many members each partition number is said to be stuck. */
export function stuckCounts(members: readonly PlacementMember[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { stuck } of members)
    for (const number of new Set(stuck)) counts.set(number, (counts.get(number) ?? 0) + 1);
  return counts;
}

/** How fast a member is by what it measured: 1 with nothing else to do and no records waiting. */
function speedOf(
  { holds, elsewhere, stuck }: PlacementMember,
  lags: ReadonlyMap<number, number>,
  counts: ReadonlyMap<number, number>,
): number {
  const lag = holds.reduce((sum, number) => sum + (lags.get(number) ?? 0), 0);
  const behind = lag <= LAG_TOLERATED_S ? 1 : Math.max(BEHIND_MIN, 1 / (1 + lag / LAG_HALVING_S));
  // What gets on nowhere is no fault of this member.
  const stuckHere = new Set(stuck.filter((number) => counts.get(number) === 1));
  const all = new Set([...holds, ...stuckHere]).size;
  const gettingOn = all === 0 ? 1 : 1 - stuckHere.size / all;
  return Math.max(SPEED_MIN, 1 - elsewhere) * behind * gettingOn;
}
