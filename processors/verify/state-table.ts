import { heightKey, keyOfBytes, type StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";
import { codec, fromWire } from "../../schemas/codec.js";
import { encodeStateValue } from "../chain/store-layout.js";
import { read } from "../read.js";
import type { InputRecord } from "../stage.js";
import type { Difference } from "./difference.js";
import type { OwnBlocks } from "./own-blocks.js";

const NO_DIGEST = Buffer.alloc(32);

/**
 * shard.state as its readers see it: the last record of each key, and the height that the table is complete up to. It is read
 * before the logs' ends are taken, so the logs reach that height; finalize writes heights whole, in Kafka transactions.
 */
export class StateTable {
  private readonly top: StateKey;
  /** Avro bytes of each key's StateRecord, as latin1: a string takes less than a buffer, and keeps no fetch alive. */
  private readonly records = new Map<StateKey, string>();
  private complete = 0;
  private fault: { offset: number; height: number; what: string } | undefined;

  constructor(
    private readonly shard: number,
    prefix: string,
  ) {
    this.top = heightKey(prefix);
  }

  /** Height that the table is complete up to; 0: no block. */
  get height(): number {
    return this.complete;
  }

  take(record: InputRecord): void {
    const key = record.key && keyOfBytes(record.key);
    const value = record.value === null ? null : read("StateRecord", record);
    if (key === null || value === undefined) {
      this.fault ??= { offset: record.offset, height: this.complete, what: "a record can't be read" };
    } else if (key === this.top) {
      if (value === null) this.fault ??= { offset: record.offset, height: 0, what: "the height is removed" };
      else this.complete = value.height;
    } else if (value === null || value.value === null) this.records.set(key, "");
    else this.records.set(key, fromWire(record.value)!.avroBytes.toString("latin1"));
  }

  /**
   * Compares with what the log gives at the table's height.
   * @param initial what the shard began with: of that the table has what changed
   */
  compare(
    state: ReadonlyMap<StateKey, StateValue>,
    own: OwnBlocks,
    initial: ReadonlyMap<StateKey, StateValue>,
  ): Difference | undefined {
    if (this.fault) return this.differs(this.fault.what, this.fault.height, this.fault.offset);
    for (const [key, value] of state) {
      const shown = this.records.get(key);
      if (shown === "") return this.differs(`key ${hex(key)} is removed`);
      if (shown !== undefined) {
        const what = this.faultOf(shown, value, own);
        if (what) return this.differs(`key ${hex(key)}: ${what}`);
      } else if (!isSame(value, initial.get(key))) return this.differs(`key ${hex(key)} is missing`);
    }
    for (const [key, shown] of this.records)
      if (shown !== "" && !state.has(key)) return this.differs(`key ${hex(key)} is not in the state`);
    for (const key of initial.keys())
      if (!state.has(key) && this.records.get(key) !== "")
        return this.differs(`key ${hex(key)} is not removed`);
    return undefined;
  }

  /** The table says that it is complete up to a height that the log doesn't reach. */
  beyondLog(): Difference {
    return this.differs("it claims a height that the log doesn't give");
  }

  private faultOf(shown: string, value: StateValue, own: OwnBlocks): string | undefined {
    const bytes = Buffer.from(shown, "latin1");
    const record = codec("StateRecord").decode(bytes);
    if (!record) return "its record is not canonical";
    const { height, digest } = record;
    if (height > this.complete) return `it is of height ${height}`;
    if (height > own.start && !own.has(height, digest))
      return `it names a block of height ${height} that is not the log's`;
    return encodeStateValue(height, digest, value).equals(bytes) ? undefined : "it has another value";
  }

  private differs(what: string, height = this.complete, offset?: number): Difference {
    const place = offset === undefined ? {} : { offset };
    return { code: "STATE_DIFFERS", shard: this.shard, height, ...place, message: `shard.state: ${what}` };
  }
}

function hex(key: StateKey): string {
  return Buffer.from(key, "latin1").toString("hex");
}

function isSame(value: StateValue, other: StateValue | undefined): boolean {
  if (value === other) return true;
  return (
    other !== undefined && encodeStateValue(0, NO_DIGEST, value).equals(encodeStateValue(0, NO_DIGEST, other))
  );
}
