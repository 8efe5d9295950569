/** Names counted one by one; those beyond are counted as OTHER, since a topic could hold any text. */
const NAMES_HELD_MAX = 128;
const OTHER = "OTHER";

/** How often each name came, or each pair of names. */
export class Counts {
  private readonly byName = new Map<string, { readonly names: readonly string[]; count: number }>();

  count(...names: readonly string[]): void {
    const key = JSON.stringify(names);
    const held = this.byName.get(key);
    if (held) held.count++;
    else if (this.byName.size < NAMES_HELD_MAX) this.byName.set(key, { names, count: 1 });
    else this.countOther(names.length);
  }

  /** In the order in which they first came. */
  entries(): { readonly names: readonly string[]; readonly count: number }[] {
    return [...this.byName.values()].map((entry) => ({ ...entry }));
  }

  private countOther(length: number): void {
    const names = Array.from({ length }, () => OTHER);
    const key = JSON.stringify(names);
    const held = this.byName.get(key);
    if (held) held.count++;
    else this.byName.set(key, { names, count: 1 });
  }
}
