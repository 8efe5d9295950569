import { busy, busyWith, type Share, type Table } from "./loads.js";

/** A partition that makes less difference than this share of a process' time isn't moved to even out loads. */
const MOVE_SAVED_MIN = 0.005;
/** Savings that differ by less are the same: sums of fractions aren't exact. */
const EXACTNESS = 1e-9;

/** Partitions that would go from one member to another together. */
interface Bundle {
  readonly from: Share;
  readonly to: Share;
  readonly numbers: readonly number[];
  /** What the busier of the two has less to do afterwards, as a share of its time. */
  readonly saved: number;
}

/**
 * Moves partitions from busier to less busy members, as long as that pays: the best bundle first, until none saves more than
 * a move costs. Each makes the busier of two members less busy and never the other one busier than that, so it ends.
 * @returns whether anything moved
 */
export function evenLoads(table: Table, moveCost: number): boolean {
  const least = Math.max(moveCost, MOVE_SAVED_MIN);
  let moved = false;
  for (;;) {
    const bundle = bestBundle(table, least);
    if (!bundle) return moved;
    moved = true;
    for (const number of bundle.numbers) table.move(number, bundle.from, bundle.to);
  }
}

function bestBundle(table: Table, least: number): Bundle | undefined {
  let best: Bundle | undefined;
  for (const from of table.shares) {
    for (const to of table.shares) {
      if (busy(from) - busy(to) <= least) continue;
      const found = bestBetween(table, from, to);
      if (found && found.saved > least + EXACTNESS && (!best || isBetter(found, best))) best = found;
    }
  }
  return best;
}

function isBetter(a: Bundle, b: Bundle): boolean {
  if (Math.abs(a.saved - b.saved) > EXACTNESS) return a.saved > b.saved;
  return a.numbers.length < b.numbers.length;
}

/** Of the bundles that begin with some partition and go on with lighter ones while that helps, the one that saves most. */
function bestBetween(table: Table, from: Share, to: Share): Bundle | undefined {
  const numbers = table.movable(from, to);
  let best: Bundle | undefined;
  let triedLoad: number | undefined;
  for (let start = 0; start < numbers.length; start++) {
    const load = table.loadOf(numbers[start]!);
    // One of several that are the same will do.
    if (load === triedLoad) continue;
    triedLoad = load;
    const bundle = bundleFrom(table, from, to, numbers.slice(start));
    if (bundle.numbers.length > 0 && (!best || isBetter(bundle, best))) best = bundle;
  }
  return best;
}

function bundleFrom(table: Table, from: Share, to: Share, numbers: readonly number[]): Bundle {
  const before = busy(from);
  const taken: number[] = [];
  let load = 0;
  let after = before;
  for (const number of numbers) {
    const withIt = load + table.loadOf(number);
    const busier = Math.max(busyWith(from, from.load - withIt), busyWith(to, to.load + withIt));
    if (busier > after - MOVE_SAVED_MIN) continue;
    taken.push(number);
    load = withIt;
    after = busier;
  }
  return { from, to, numbers: taken, saved: before - after };
}
