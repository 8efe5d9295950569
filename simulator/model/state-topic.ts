import type { Block, Change } from "./block.js";
import { faultOfChanges } from "./faults.js";
import { avro, decodeWire, WIRE_HEADER_BYTES } from "./schemas.js";
import type { ShardAudit, ShardContext } from "./shard.js";
import type { StateValue } from "./state-records.js";

/** Null in the union of values. */
const NO_VALUE = Buffer.of(0);

interface StateTopicRecord {
  /** Broker's append time, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** shard.state: the changes of each certified block in order, then a record with the height. Nothing else, and once. */
export class StateTopic {
  /** Height that is complete. */
  height = 0;
  /** Place within the block after it. */
  private index = 0;
  /** Records that came before the certificate of their block. */
  private readonly early: StateTopicRecord[] = [];
  private certifiedHeight = 0;
  private readonly heightKey: string;
  /** It took others' place, so removals are said: a tombstone would be forgotten, and what the others left come back. */
  private readonly isHeir: boolean;
  private head: { readonly height: number; readonly bytes: Buffer } | undefined;

  constructor(
    private readonly context: ShardContext,
    private readonly shard: ShardAudit,
  ) {
    this.isHeir = context.shard.parents.length > 0;
    this.heightKey = context.network.ownKeys(context.shard.prefix).height;
  }

  get earlyRecords(): number {
    return this.early.length;
  }

  take(record: StateTopicRecord): void {
    if (this.early.length > 0 || this.height >= this.certifiedHeight) this.early.push(record);
    else this.compare(record);
  }

  /** A block and its certificate are known. */
  certified(height: number): void {
    this.certifiedHeight = height;
    while (this.early.length > 0 && this.height < height) this.compare(this.early.shift()!);
  }

  private compare({ timeMs, key, value }: StateTopicRecord): void {
    const block = this.shard.blocks[this.height]!;
    const change = block.changes[this.index];
    const rightKey = change?.key ?? this.heightKey;
    const isRight =
      key?.toString("latin1") === rightKey &&
      (change?.value === null && !this.isHeir ? value === null : isRecord(value, this.headOf(block), change));
    if (isRight || !this.isRepeat(key, rightKey, value)) {
      this.checkTime(timeMs);
      this.next(change !== undefined);
    }
    if (!isRight) this.name(value, { key: rightKey, value: change?.value ?? null }, key);
  }

  /** It may be readable before its certificate where both are in one Kafka transaction; it is not appended before it. */
  private checkTime(timeMs: number): void {
    if (timeMs >= this.shard.finality.certifiedAtMs(this.height + 1)) return;
    const where = `shard ${this.context.shard.shard}, height ${this.height + 1}: shard.state`;
    this.context.report("final-needs-certificate", `${where} was written before its certificate`);
  }

  /** Height and digest, with which each record of a block begins. */
  private headOf({ header: { height }, digest }: Block): Buffer {
    if (this.head?.height !== height) {
      const bytes = avro.StateRecord.encode({ height, digest, value: null });
      this.head = { height, bytes: bytes.subarray(0, -NO_VALUE.length) };
    }
    return this.head.bytes;
  }

  private next(isChange: boolean): void {
    if (isChange) {
      this.index++;
    } else {
      this.height++;
      this.index = 0;
    }
  }

  /** Whether it belongs to a height that is complete. */
  private isRepeat(key: Buffer | null, rightKey: string, value: Buffer | null): boolean {
    const seen = decodeWire(avro.StateRecord, value);
    return seen !== undefined && seen.height <= this.height && key?.toString("latin1") !== rightKey;
  }

  private name(
    value: Buffer | null,
    right: { key: string; value: StateValue | null },
    key: Buffer | null,
  ): void {
    const { report, shard } = this.context;
    const where = `shard ${shard.shard}, after height ${this.height}: shard.state`;
    const seen = value === null ? null : decodeWire(avro.StateRecord, value);
    if (this.isRepeat(key, right.key, value)) report("written-once", `${where} has an earlier height again`);
    else if (seen === undefined || key === null) report("readable", `${where} can't be read`);
    else if (key.toString("latin1") !== right.key) report("same-state", `${where} has another key`);
    else report(faultOfChanges([{ key, value: seen?.value ?? null }], [right]), `${where} has another value`);
  }
}

/** Whether it is the record that a change, or the end of a block, leads to. */
function isRecord(value: Buffer | null, head: Buffer, change: Change | undefined): boolean {
  if (value === null || value[0] !== 0) return false;
  const rest = change ? change.bytes.subarray(-change.valueBytes) : NO_VALUE;
  const from = WIRE_HEADER_BYTES + head.length;
  return (
    value.length === from + rest.length &&
    value.compare(head, 0, head.length, WIRE_HEADER_BYTES, from) === 0 &&
    value.compare(rest, 0, rest.length, from) === 0
  );
}
