import type { InputRecord } from "../../processors/stage.js";
import { codec, toWire, WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import type { RecordTypes } from "../../schemas/generated.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import { type TopicName, topic } from "../../topics/catalogue.js";

/** A history that is altered in one place. */
export class Tampered {
  readonly history: InputRecord[];
  constructor(history: readonly InputRecord[]) {
    this.history = [...history];
  }

  /** Index of the first (or last) record of a topic of which `which` holds. */
  find<K extends keyof RecordTypes>(
    name: TopicName,
    type: K,
    which: (value: RecordTypes[K], record: InputRecord) => boolean,
    from: "first" | "last" = "first",
  ): number {
    const matches = (record: InputRecord) =>
      record.topic === name && record.value !== null && which(decodedAs(type, record), record);
    const index = from === "first" ? this.history.findIndex(matches) : this.history.findLastIndex(matches);
    if (index < 0) throw new RangeError(`no such ${type} in ${name}`);
    return index;
  }

  /** Changes the record at an index. */
  change<K extends keyof RecordTypes>(
    index: number,
    type: K,
    change: (value: RecordTypes[K]) => RecordTypes[K],
  ): void {
    const record = this.history[index]!;
    this.history[index] = {
      ...record,
      value: encodedAs(type, record.topic, change(decodedAs(type, record))),
    };
  }

  /** Puts a changed copy of the record behind it, or at another index. */
  copy<K extends keyof RecordTypes>(
    index: number,
    type: K,
    change: (value: RecordTypes[K]) => RecordTypes[K],
    to = index + 1,
  ): void {
    const record = this.history[index]!;
    const value = encodedAs(type, record.topic, change(decodedAs(type, record)));
    this.history.splice(to, 0, { ...record, value });
  }

  remove(index: number): void {
    this.history.splice(index, 1);
  }
}

export function decodedAs<K extends keyof RecordTypes>(type: K, record: InputRecord): RecordTypes[K] {
  if (topic(record.topic).value !== type) throw new TypeError(`${record.topic} holds no ${type}`);
  return codec(type).decode(record.value!.subarray(WIRE_HEADER_BYTES))!;
}

function encodedAs<K extends keyof RecordTypes>(type: K, name: TopicName, value: RecordTypes[K]): Buffer {
  return toWire(SCHEMA_IDS.get(name)!, codec(type).encode(value));
}
