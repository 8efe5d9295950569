import type { FinalityCertificate } from "../../schemas/generated.js";

/** An item that execute wrote for a block, e.g. a receipt. */
export interface BlockItem {
  readonly height: number;
  readonly digest: Buffer;
}

/** Height in a topic and the first offset that it was seen at. */
interface Mark {
  readonly height: number;
  readonly offset: number;
}

/**
 * Joins what execute wrote for each height with the certificate of that height: hands out, in height order, only items
 * whose digest is certified, and only when all of them are there.
 */
export class CertifiedJoin<T extends BlockItem> {
  private readonly items = new Map<number, T[]>();
  private readonly certificates = new Map<number, FinalityCertificate>();
  private readonly itemMarks: Mark[] = [];
  private readonly certificateMarks: Mark[] = [];
  /** The first item read; where it isn't the topic's first, items of its height and below may be trimmed. */
  private first: { height: number; offset: number } | undefined;
  private latestItemHeight = 0;
  private doneHeight = 0;
  private itemsNext: number | undefined;
  private certificatesNext: number | undefined;

  /**
   * @param isEmpty whether the certified block has no items at all
   * @param isComplete whether these are all items of their block
   * @param mayBeTrimmed whether heights whose items the topic has dropped are passed over; otherwise they are waited for
   */
  constructor(
    private readonly isEmpty: (certificate: FinalityCertificate) => boolean,
    private readonly isComplete: (items: readonly T[]) => boolean,
    private readonly mayBeTrimmed: boolean,
  ) {}

  addItem(item: T, offset: number): void {
    this.itemsNext = offset + 1;
    this.first ??= { height: item.height, offset };
    this.latestItemHeight = Math.max(this.latestItemHeight, item.height);
    if (item.height <= this.doneHeight) return;
    mark(this.itemMarks, item.height, offset);
    const list = this.items.get(item.height);
    if (list) list.push(item);
    else this.items.set(item.height, [item]);
  }

  addCertificate(certificate: FinalityCertificate, offset: number): void {
    this.certificatesNext = offset + 1;
    const { height } = certificate.header;
    if (height <= this.doneHeight || this.certificates.has(height)) return;
    mark(this.certificateMarks, height, offset);
    this.certificates.set(height, certificate);
  }

  /** All heights that are complete now, in order. */
  *take(): Generator<{ certificate: FinalityCertificate; items: readonly T[] }> {
    for (const [height, certificate] of this.certificates) {
      const items = this.isEmpty(certificate) ? [] : this.certifiedItems(height, certificate);
      if (!items) return;
      this.certificates.delete(height);
      for (const held of this.items.keys()) if (held <= height) this.items.delete(held);
      this.doneHeight = height;
      drop(this.itemMarks, height);
      drop(this.certificateMarks, height);
      yield { certificate, items };
    }
  }

  private certifiedItems(height: number, certificate: FinalityCertificate): readonly T[] | undefined {
    const all = this.items.get(height)?.filter(({ digest }) => digest.equals(certificate.digest));
    if (all && this.isComplete(all)) return all;
    const { first } = this;
    if (!this.mayBeTrimmed || !first || first.offset === 0 || this.latestItemHeight <= height)
      return undefined;
    // Items with another digest than the certified one are no remains of the block: execute will write it again.
    const isTrimmed =
      height < first.height || (height === first.height && all !== undefined && all.length > 0);
    return isTrimmed ? [] : undefined;
  }

  /** Next offset of the items' topic after a restart; undefined: nothing was read. */
  get itemsResumeAt(): number | undefined {
    return this.itemMarks[0]?.offset ?? this.itemsNext;
  }

  /** Next offset of the certificates' topic after a restart; undefined: nothing was read. */
  get certificatesResumeAt(): number | undefined {
    return this.certificateMarks[0]?.offset ?? this.certificatesNext;
  }
}

function mark(marks: Mark[], height: number, offset: number): void {
  if (!marks.some((known) => known.height === height)) marks.push({ height, offset });
}

function drop(marks: Mark[], doneHeight: number): void {
  for (let i = marks.length - 1; i >= 0; i--) if (marks[i]!.height <= doneHeight) marks.splice(i, 1);
}
