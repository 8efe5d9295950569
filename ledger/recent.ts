/**
 * What was worked out lately, by name, in two generations: a full one becomes the old one, and what is asked for again comes
 * back from there. So what is in use is never forgotten all at once, and memory is bounded by twice the size.
 */
export class Recent<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  /** @param size most names of a generation */
  constructor(private readonly size: number) {}

  get(name: string): V | undefined {
    const found = this.young.get(name);
    if (found !== undefined) return found;
    const before = this.old.get(name);
    if (before !== undefined) this.set(name, before);
    return before;
  }

  set(name: string, value: V): void {
    if (this.young.size >= this.size) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(name, value);
  }

  delete(name: string): void {
    this.young.delete(name);
    this.old.delete(name);
  }
}
