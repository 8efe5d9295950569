import { existsSync, readFileSync } from "node:fs";
import {
  type AvroType,
  arrayType,
  enumType,
  fixedType,
  NOT_CANONICAL,
  PRIMITIVES,
  Reader,
  recordType,
  unionType,
  Writer,
} from "./avro.js";
import type { FinalityCertificate, Records } from "./records.js";

/** A schema as it stands in JSON. */
type Schema =
  | string
  | readonly Schema[]
  | {
      readonly type: string;
      readonly logicalType?: string;
      readonly name?: string;
      readonly size?: number;
      readonly symbols?: readonly string[];
      readonly items?: Schema;
      readonly fields?: readonly { readonly name: string; readonly type: Schema }[];
    };

/** The folder schemas/ of the checkout, from the sources as from dist/, which has no .avsc files. */
function schemaFolder(): URL {
  for (const path of ["../../schemas/", "../../../schemas/"]) {
    const folder = new URL(path, import.meta.url);
    if (existsSync(new URL("LogEntry.avsc", folder))) return folder;
  }
  throw new Error("schemas/*.avsc are not beside the code");
}

const folder = schemaFolder();
const named = new Map<string, AvroType>();

function jsonOf(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`${name}.avsc`, folder), "utf8")) as Schema;
}

function typeNamed(name: string): AvroType {
  let type = PRIMITIVES[name] ?? named.get(name);
  if (!type) {
    type = compile(jsonOf(name));
    named.set(name, type);
  }
  return type;
}

function compile(schema: Schema): AvroType {
  if (typeof schema === "string") return typeNamed(schema);
  if (isUnion(schema)) {
    return unionType(
      schema.map((branch) => {
        if (typeof branch !== "string") throw new TypeError("a union of ours names its branches");
        return { name: branch, type: branch === "null" ? fixedType(0) : typeNamed(branch) };
      }),
    );
  }
  switch (schema.type) {
    case "record":
      return recordType(schema.fields!.map(({ name, type }) => ({ name, type: compile(type) })));
    case "fixed":
      return fixedType(schema.size!);
    case "enum":
      return enumType(schema.symbols!);
    case "array":
      return arrayType(compile(schema.items!));
    default:
      return typeNamed(schema.logicalType === "decimal" ? "decimal" : schema.type);
  }
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema);
}

const writer = new Writer();

/** A record type, read and written by its schema. */
export class RecordCodec<T> {
  private readonly type: AvroType;
  constructor(schema: string | AvroType) {
    this.type = typeof schema === "string" ? typeNamed(schema) : schema;
  }

  /** Undefined where the bytes are not the canonical encoding of one record and nothing else. */
  decode(bytes: Buffer): T | undefined {
    const reader = new Reader(bytes);
    try {
      const value = this.type.read(reader);
      return reader.at === bytes.length ? (value as T) : undefined;
    } catch (error) {
      if (error === NOT_CANONICAL) return undefined;
      throw error;
    }
  }

  /** Reads one record and leaves the reader behind it. Throws NOT_CANONICAL. */
  read(reader: Reader): T {
    return this.type.read(reader) as T;
  }

  encode(value: T): Buffer {
    this.type.write(writer, value);
    return writer.finish();
  }
}

/** A record without its first field. */
function withoutFirst(name: string): AvroType {
  const { fields } = jsonOf(name) as { fields: readonly { name: string; type: Schema }[] };
  return recordType(fields.slice(1).map((field) => ({ name: field.name, type: compile(field.type) })));
}

const make = <K extends keyof Records>(name: K): RecordCodec<Records[K]> => new RecordCodec(name);

/** The records that the model reads or writes. */
export const avro = {
  Genesis: make("Genesis"),
  GenesisAllocation: make("GenesisAllocation"),
  SignedTransaction: make("SignedTransaction"),
  TransferBody: make("TransferBody"),
  ValidatedTransaction: make("ValidatedTransaction"),
  RejectedTransaction: make("RejectedTransaction"),
  LogEntry: make("LogEntry"),
  BlockHeader: make("BlockHeader"),
  ReceiptResult: make("ReceiptResult"),
  Receipt: make("Receipt"),
  StateChange: make("StateChange"),
  BlockChanges: make("BlockChanges"),
  StateRecord: make("StateRecord"),
  CrossShardMessage: make("CrossShardMessage"),
  OutgoingBundle: make("OutgoingBundle"),
  /** What follows the header in a FinalityCertificate. */
  CertificateTail: new RecordCodec<Omit<FinalityCertificate, "header">>(withoutFirst("FinalityCertificate")),
  Notification: make("Notification"),
  Checkpoint: make("Checkpoint"),
  CheckpointVote: make("CheckpointVote"),
  CheckpointCertificate: make("CheckpointCertificate"),
  ShardPlace: make("ShardPlace"),
  ShardTopology: make("ShardTopology"),
  TopologyChange: make("TopologyChange"),
  TopologyMarker: make("TopologyMarker"),
  TopologyProposal: make("TopologyProposal"),
};

/** Bytes in front of Avro in the Confluent wire format. */
export const WIRE_HEADER_BYTES = 5;

/** Decodes a record's value in wire format; undefined where it is not one. */
export function decodeWire<T>(codec: RecordCodec<T>, value: Buffer | null): T | undefined {
  if (value === null || value.length < WIRE_HEADER_BYTES || value[0] !== 0) return undefined;
  return codec.decode(value.subarray(WIRE_HEADER_BYTES));
}
