import { codec, fromWire } from "../schemas/codec.js";
import type { RecordTypes } from "../schemas/generated.js";
import type { Alert, InputRecord } from "./stage.js";

/**
 * Decodes a record of one of our own topics by the compiled-in schema, never by asking the registry. What it says counts
 * only under a signature or a certificate; the log, whose bytes themselves count, is read by ShardChain.
 * @returns undefined where the value is not Avro of that type.
 */
export function read<K extends keyof RecordTypes>(name: K, record: InputRecord): RecordTypes[K] | undefined {
  const wire = fromWire(record.value);
  return wire && codec(name).decodeAny(wire.avroBytes);
}

/**
 * Alert for a record that only our stages should have written but that can't be read. It is passed over: no stage wrote it,
 * so nothing acknowledged is in it, and stopping would let whoever wrote it stop the network.
 */
export function unreadable(record: InputRecord): Alert {
  return {
    code: "INPUT_CORRUPT",
    message: `${record.topic}[${record.partition}]@${record.offset} can't be read`,
  };
}
