import type { Block } from "./chain.js";
import { faultOfChanges } from "./faults.js";
import type { StateRecord, StateValue } from "./records.js";
import { avro, decodeWire } from "./schemas.js";
import type { ShardAudit, ShardContext } from "./shard.js";

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

  constructor(
    private readonly context: ShardContext,
    private readonly shard: ShardAudit,
  ) {
    this.heightKey = context.network.ownKeys(context.shard).height;
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
    const right: { key: string; value: StateValue | null } = change ?? { key: this.heightKey, value: null };
    const { report, shard } = this.context;
    const where = `shard ${shard.shard}, height ${this.height + 1}: shard.state`;
    // It may be readable before its certificate where both are in one Kafka transaction; it is not appended before it.
    if (timeMs < this.shard.finality.certifiedAtMs(this.height + 1))
      report("final-needs-certificate", `${where} was written before its certificate`);
    const seen = value === null ? null : decodeWire(avro.StateRecord, value);
    if (seen && seen.height <= this.height && key?.toString("latin1") !== right.key) {
      report("written-once", `${where} has height ${seen.height} again`);
      return;
    }
    if (change) {
      this.index++;
    } else {
      this.height++;
      this.index = 0;
    }
    if (seen === undefined) {
      report("readable", `${where} has a record that can't be read`);
    } else if (key?.toString("latin1") !== right.key) {
      report("same-state", `${where} has another key`);
    } else if (!isRight(seen, block, right.value, change?.value === null)) {
      const found = [{ key, value: seen?.value ?? null }];
      report(faultOfChanges(found, [right]), `${where} has another value`);
    }
  }
}

function isRight(
  seen: StateRecord | null,
  { header: { height }, digest }: Block,
  value: StateValue | null,
  isRemoval: boolean,
): boolean {
  if (isRemoval || !seen) return isRemoval && !seen;
  return avro.StateRecord.encode(seen).equals(avro.StateRecord.encode({ height, digest, value }));
}
