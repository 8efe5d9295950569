import avro from "avsc";
import { avscType } from "./avsc-type.js";
import type { SignedTransaction } from "./generated.js";

/** Longest text of a producer's schema, in characters. */
export const FOREIGN_SCHEMA_CHARACTERS_MAX = 65_536;
/** Most values that one value of a producer's schema has by itself, without items of arrays and maps. */
export const FOREIGN_VALUES_MAX = 1_000;
/** Deepest nesting of a producer's schema. */
export const FOREIGN_DEPTH_MAX = 32;

/** Reads a signed transaction from bytes of another schema; undefined where they are not canonical Avro of it. */
export type ForeignDecoding = (avroBytes: Buffer) => SignedTransaction | undefined;

/**
 * Decoder of a schema that a producer brought, by Avro's rules of schema resolution. Undefined where the text is no schema,
 * does not resolve to `SignedTransaction`, or where the work of reading it would not be bounded by the bytes read.
 */
export function foreignDecoder(schemaText: string): ForeignDecoding | undefined {
  if (schemaText.length > FOREIGN_SCHEMA_CHARACTERS_MAX) return undefined;
  const reader = avscType("SignedTransaction");
  try {
    const writer = avro.Type.forSchema(JSON.parse(schemaText) as avro.Schema);
    if (weightOf(writer, []) > FOREIGN_VALUES_MAX) return undefined;
    const resolver = reader.createResolver(writer);
    return (bytes) => {
      try {
        if (!writer.toBuffer(writer.fromBuffer(bytes)).equals(bytes)) return undefined;
        return reader.fromBuffer(bytes, resolver) as SignedTransaction;
      } catch {
        return undefined;
      }
    };
  } catch {
    return undefined; // no schema, or one of something else
  }
}

/**
 * How many values are read for one of this type. Infinite where one takes no byte outside a union: a count in front of such
 * would make the reader do whatever it says. A few names, each twice in the next, can make 2^30 values of one byte.
 */
function weightOf(type: avro.Type, above: readonly avro.Type[]): number {
  if (above.length > FOREIGN_DEPTH_MAX) return Number.POSITIVE_INFINITY;
  // A type inside itself: each turn takes a byte for the union or count that it goes through, or never ends and is refused.
  if (above.includes(type)) return 1;
  const path = [...above, type];
  if (avro.Type.isType(type, "record")) {
    const { fields } = type as avro.types.RecordType;
    return fields.length === 0
      ? Number.POSITIVE_INFINITY
      : total(
          fields.map((field) => field.type),
          path,
        );
  }
  if (avro.Type.isType(type, "array")) return total([(type as avro.types.ArrayType).itemsType], path);
  if (avro.Type.isType(type, "map")) return total([(type as avro.types.MapType).valuesType], path);
  if (avro.Type.isType(type, "union")) {
    const { types } = type as avro.types.UnwrappedUnionType;
    return total(
      types.filter((branch) => !avro.Type.isType(branch, "null")),
      path,
    );
  }
  if (avro.Type.isType(type, "logical"))
    return total([(type as avro.types.LogicalType).underlyingType], path);
  const takesNoByte =
    avro.Type.isType(type, "null") ||
    (avro.Type.isType(type, "fixed") && (type as avro.types.FixedType).size === 0);
  return takesNoByte ? Number.POSITIVE_INFINITY : 1;
}

function total(types: readonly avro.Type[], above: readonly avro.Type[]): number {
  let sum = 1;
  for (const type of types) {
    sum += weightOf(type, above);
    if (sum > FOREIGN_VALUES_MAX) return Number.POSITIVE_INFINITY;
  }
  return sum;
}
