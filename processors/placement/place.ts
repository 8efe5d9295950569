import { evenLoads } from "./bundles.js";
import { capacitiesOf, stuckCounts } from "./capacity.js";
import { evenCounts } from "./counts.js";
import { ascending, busy, busyWith, loadsOf, type Share, Table } from "./loads.js";
import type { Placement, PlacementInput, PlacementMember } from "./terms.js";

/** A partition with less load than this is spread by number, not by load. */
const LIGHT_LOAD = 0.001;
/** Evening out loads and numbers may each make work for the other; so often it is looked at again. */
const EVENING_ROUNDS_MAX = 8;

/**
 * Gives each partition number to one member. Members keep what they hold, unless a move pays:
 *
 * 1. What nobody holds, or what is stuck where it is, goes to whom it makes least busy; what has no load, to whom has least.
 * 2. Bundles of partitions move where the busier of two members then has more than `moveCost` less to do (`bundles.ts`).
 * 3. A member with far less than its share of the numbers gets light ones (`counts.ts`).
 *
 * `round-robin` does none of that: partition p goes to member p modulo the number of members. The same input always gives the
 * same answer, in whatever order its members and partitions come.
 */
export function place(input: PlacementInput): Placement {
  const members = [...new Map(input.members.map((member) => [member.id, member])).values()].sort(byId);
  const partitions = [...new Map(input.partitions.map((each) => [each.number, each])).values()].sort(
    (a, b) => a.number - b.number,
  );
  if (members.length === 0) return new Map();
  if (input.strategy === "round-robin")
    return new Map(
      members.map(({ id }, place) => [
        id,
        partitions.map(({ number }) => number).filter((number) => number % members.length === place),
      ]),
    );
  const table = tableOf({ ...input, members, partitions });
  keep(table);
  giveRest(table);
  for (let round = 0; round < EVENING_ROUNDS_MAX; round++) {
    evenLoads(table, input.moveCost);
    if (!evenCounts(table)) break;
  }
  const numbers = new Map(table.shares.map((share) => [share.member.id, [...share.numbers].sort(ascending)]));
  return new Map(members.map(({ id }) => [id, numbers.get(id) ?? []]));
}

function byId(a: PlacementMember, b: PlacementMember): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** The members that are to get something, with nothing yet. */
function tableOf(input: PlacementInput): Table {
  const { members, partitions, strategy } = input;
  const capacities = capacitiesOf(input);
  const shares: Share[] = members.map((member, place) => ({
    member,
    capacity: capacities[place]!,
    weight: strategy === "least-loaded" ? 1 : member.weight,
    numbers: new Set(),
    load: 0,
  }));
  return new Table(
    shares.filter(({ capacity }) => capacity > 0),
    loadsOf(partitions),
    stuckCounts(members),
  );
}

/** Leaves with each member what it holds; of two that say so the first has it. */
function keep(table: Table): void {
  const kept = new Set<number>();
  for (const share of table.shares) {
    for (const number of [...share.member.holds].sort(ascending)) {
      if (kept.has(number) || !table.loads.has(number) || table.isRefused(number, share)) continue;
      kept.add(number);
      table.give(number, share);
    }
  }
}

/** Gives away what nobody has, heaviest first. */
function giveRest(table: Table): void {
  const kept = new Set(table.shares.flatMap(({ numbers }) => [...numbers]));
  const rest = [...table.loads.keys()]
    .filter((number) => !kept.has(number))
    .sort((a, b) => table.loadOf(b) - table.loadOf(a) || a - b);
  for (const number of rest) {
    const load = table.loadOf(number);
    const count = (share: Share) => (share.numbers.size + 1) / share.weight;
    const afterwards = (share: Share) => busyWith(share, share.load + load);
    const allowed = table.shares.filter((share) => !table.isRefused(number, share));
    const [first] = (allowed.length > 0 ? allowed : [...table.shares]).sort((a, b) =>
      load < LIGHT_LOAD
        ? count(a) - count(b) || busy(a) - busy(b)
        : afterwards(a) - afterwards(b) || count(a) - count(b),
    );
    table.give(number, first!);
  }
}
