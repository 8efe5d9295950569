/**
 * Which heights a topic has right records of. They come in order, but a stage that was contradicted writes some again; so
 * whoever asks for gaps leaves it some blocks of time.
 */
export class Coverage {
  private readonly covered = new Set<number>();
  /** Next height to be judged; undefined: the first that is covered. */
  private next: number | undefined;
  private start: number | undefined;
  private highest = 0;
  private total = 0;

  /**
   * @param isTrimmed whether the earliest records may be gone: then it begins with the first height that it has
   * @param first else it begins with this height
   */
  constructor(isTrimmed: boolean, first: number) {
    this.start = isTrimmed ? undefined : first;
    this.next = this.start;
  }

  /** Heights that are covered. */
  get count(): number {
    return this.total;
  }

  /** Whether records of this height may be incomplete because the topic begins with it or later. */
  isBeforeStart(height: number): boolean {
    return this.start === undefined || height < this.start;
  }

  cover(height: number): void {
    this.start ??= height;
    this.next ??= height;
    if (height < this.next || this.covered.has(height)) return;
    this.covered.add(height);
    this.total++;
    this.highest = Math.max(this.highest, height);
  }

  /** A height that needs no record: neither missing nor counted. */
  ignore(height: number): void {
    if (this.next !== undefined && height >= this.next) this.covered.add(height);
  }

  /** The lowest height up to `limit` that is not covered although a later one is. */
  gap(limit: number): number | undefined {
    if (this.next === undefined) return undefined;
    while (this.next <= limit && this.covered.delete(this.next)) this.next++;
    return this.next <= limit && this.highest > this.next ? this.next : undefined;
  }
}
