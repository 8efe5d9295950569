import { busy, busyWith, type Share, type Table } from "./loads.js";

/** A member with fewer than this part of its share of the partitions' number is short of them. */
const SHORT_SHARE = 0.5;

/**
 * Gives members that are short of partitions some that have little to do, up to their share: shards that are to come begin
 * on spare partitions, and those must not all be where the first member was. Nobody gets busier by it than either was.
 * @returns whether anything moved
 */
export function evenCounts(table: Table): boolean {
  const { shares, loads } = table;
  const weights = shares.reduce((sum, { weight }) => sum + weight, 0);
  const fairOf = ({ weight }: Share) => (loads.size * weight) / weights;
  let moved = false;
  for (const share of shares) {
    const fair = Math.floor(fairOf(share));
    const { size } = share.numbers;
    const isShort = size < Math.floor(fairOf(share) * SHORT_SHARE) || (size === 0 && fair > 0);
    while (isShort && share.numbers.size < fair) {
      const donors = shares
        .filter((donor) => donor !== share && donor.numbers.size > fairOf(donor))
        .sort((a, b) => b.numbers.size / b.weight - a.numbers.size / a.weight);
      const found = firstLight(table, donors, share);
      if (!found) break;
      table.move(found.number, found.donor, share);
      moved = true;
    }
  }
  return moved;
}

function firstLight(
  table: Table,
  donors: readonly Share[],
  to: Share,
): { donor: Share; number: number } | undefined {
  for (const donor of donors) {
    const bound = Math.max(busy(donor), busy(to));
    const number = table
      .movable(donor, to)
      .reverse()
      .find((each) => table.loadOf(each) === 0 || busyWith(to, to.load + table.loadOf(each)) <= bound);
    if (number !== undefined) return { donor, number };
  }
  return undefined;
}
