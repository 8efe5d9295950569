import { Reader } from "./avro.js";
import type { Block } from "./block.js";
import { PRIORITIES } from "./channels.js";
import { accountOf, faultOfChanges, faultOfReceipt } from "./faults.js";
import { readHeader } from "./headers.js";
import type { ReceiptResult, StateChange } from "./records.js";
import { avro, WIRE_HEADER_BYTES } from "./schemas.js";
import type { ShardAudit, ShardContext } from "./shard.js";
import type { InvariantName } from "./violations.js";

const DIGEST_BYTES = 32;

/** Which records of a block execute has written. */
interface Written {
  header: boolean;
  changes: boolean;
  readonly receipts: boolean[];
  readonly outgoing: boolean[];
}

/** What execute writes for each block: header, receipts, changes, outgoing bundles. Each is compared byte by byte. */
export class Outputs {
  private readonly written = new Map<number, Written>();

  constructor(
    private readonly context: ShardContext,
    private readonly shard: ShardAudit,
  ) {}

  /** Takes a record of shard.blocks. Throws NOT_CANONICAL. */
  header(value: Buffer): void {
    const bytes = value.subarray(WIRE_HEADER_BYTES);
    const { header } = readHeader(new Reader(bytes), this.shard.known);
    this.shard.finality.withinBound(header.height, `shard ${header.shard}: a header`);
    this.shard.whenClosed(header.height, (block) => {
      const written = this.of(block);
      if (written.header && bytes.equals(block.headerBytes)) this.twice(block, "header");
      written.header = true;
      if (!bytes.equals(block.headerBytes)) this.wrong(block, "header", "same-state");
    });
  }

  /** Takes a record of shard.receipts. Throws NOT_CANONICAL. */
  receipt(value: Buffer): void {
    const bytes = value.subarray(WIRE_HEADER_BYTES);
    const { height, reader } = head(bytes);
    const index = reader.long();
    this.shard.whenClosed(height, (block) => {
      const { shard } = block.header;
      const { digest } = block;
      const count = block.receipts.length;
      const result = block.receiptBytes[index];
      const right = result && avro.Receipt.encode({ shard, height, digest, index, count, result });
      const written = this.of(block).receipts;
      const isRight = right?.equals(bytes) === true;
      if (written[index] && isRight) this.twice(block, "receipt");
      written[index] = true;
      if (!isRight) this.wrong(block, `receipt ${index}`, this.receiptFault(bytes, block.receipts[index]));
    });
  }

  /** Takes a record of shard.changes. Throws NOT_CANONICAL. */
  changes(value: Buffer): void {
    const bytes = value.subarray(WIRE_HEADER_BYTES);
    const { height } = head(bytes);
    this.shard.whenClosed(height, (block) => {
      const { shard } = block.header;
      const changes = block.changes.map((change) => change.bytes);
      const right = avro.BlockChanges.encode({ shard, height, digest: block.digest, changes });
      const isRight = right.equals(bytes);
      const written = this.of(block);
      if (written.changes && isRight) this.twice(block, "changes");
      written.changes = true;
      if (isRight) return;
      const seen = avro.BlockChanges.decode(bytes)?.changes as readonly StateChange[] | undefined;
      this.wrong(block, "changes", seen ? this.faultOf(seen, block) : "readable");
    });
  }

  /** A wrong value of an account that is as it was when its shard took others' place: it began with another one. */
  private faultOf(seen: readonly StateChange[], block: Block): InvariantName {
    const { context, chain } = this.shard;
    const hasBegun = context.shard.parents.length > 0;
    const isInherited = block.changes.some((change) => {
      if (!hasBegun || !accountOf(change.before) || !chain?.isFromStart(change)) return false;
      const found = seen.find(({ key }) => key.toString("latin1") === change.key);
      return found !== undefined && !avro.StateChange.encode(found).equals(change.bytes);
    });
    return isInherited ? "children-equal-parent" : faultOfChanges(seen, block.changes);
  }

  /** Takes a record of shard.messages. Throws NOT_CANONICAL. */
  outgoing(value: Buffer): void {
    const bytes = value.subarray(WIRE_HEADER_BYTES);
    const { height, reader } = head(bytes);
    const destination = reader.long();
    const priority = PRIORITIES[reader.long()];
    this.shard.whenClosed(height, (block) => {
      const { shard } = block.header;
      const { digest } = block;
      const bundle = block.outgoing.find(
        (candidate) => candidate.destination === destination && candidate.priority === priority,
      );
      const right = bundle && avro.OutgoingBundle.encode({ shard, height, digest, ...bundle });
      const isRight = right?.equals(bytes) === true;
      const written = this.of(block).outgoing;
      const index = bundle?.leafIndex ?? -1;
      if (written[index] && isRight) this.twice(block, "bundle");
      if (bundle) written[index] = true;
      if (!isRight) this.wrong(block, `bundle to shard ${destination}`, "same-state");
    });
  }

  /** What of a block has not been written. */
  missing(block: Block): string[] {
    const { header, changes, receipts, outgoing } = this.of(block);
    const lacking: string[] = [];
    if (!header) lacking.push("header");
    if (!changes) lacking.push("changes");
    block.receipts.forEach((_, index) => {
      if (!receipts[index]) lacking.push(`receipt ${index}`);
    });
    for (const { leafIndex, destination, priority } of block.outgoing) {
      if (!outgoing[leafIndex]) lacking.push(`bundle to shard ${destination}, ${priority}`);
    }
    return lacking;
  }

  private of({ header: { height } }: Block): Written {
    let written = this.written.get(height);
    if (!written) {
      written = { header: false, changes: false, receipts: [], outgoing: [] };
      this.written.set(height, written);
    }
    return written;
  }

  private receiptFault(bytes: Buffer, right: ReceiptResult | undefined): InvariantName {
    const seen = avro.Receipt.decode(bytes)?.result as ReceiptResult | undefined;
    if (!seen) return "readable";
    if (this.context.isTakenElsewhere(seen, this.context.shard.shard)) return "one-owner";
    if (right) return faultOfReceipt(seen, right);
    return seen.kind === "CREDITED" || seen.kind === "REFUNDED" ? "both-or-neither" : "same-state";
  }

  private wrong({ header: { shard, height } }: Block, what: string, invariant: InvariantName): void {
    this.context.report(invariant, `shard ${shard}, height ${height}: ${what} is not what the log says`);
  }

  private twice({ header: { shard, height } }: Block, what: string): void {
    this.context.report("written-once", `shard ${shard}, height ${height}: ${what} was written before`);
  }
}

/** Height of a record whose first fields are shard, height and digest, and a reader behind them. */
function head(bytes: Buffer): { height: number; reader: Reader } {
  const reader = new Reader(bytes);
  reader.long();
  const height = reader.long();
  reader.take(DIGEST_BYTES);
  return { height, reader };
}
