import fc from "fast-check";

/** An Avro schema. */
export type Schema = string | Schema[] | { type: Schema; [attribute: string]: unknown };
const LIMIT = 10n ** 38n;
/** Longs end where avsc's do. */
export const LONG_MAX = Number.MAX_SAFE_INTEGER - 1;
const LONG_MIN = -LONG_MAX;

/** Amounts, with the bounds and the places where an encoding grows by a byte. */
const decimal = fc.oneof(
  fc.constantFrom(0n, 1n, 127n, 128n, 255n, 256n, 2n ** 47n - 1n, 2n ** 47n, 2n ** 64n, LIMIT - 1n),
  fc.bigInt({ min: 0n, max: LIMIT - 1n }),
);
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

/** Values of a schema, as our types have them. */
export function valuesOf(schema: Schema, named: Map<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  if (Array.isArray(schema)) {
    return fc.oneof(
      ...schema.map((branch) => {
        const values = valuesOf(branch, named);
        const name = typeof branch === "object" && !Array.isArray(branch) ? branch.name : branch;
        const isRecord = typeof branch === "object" && !Array.isArray(branch) && branch.type === "record";
        // What is in a union with null alone stands for itself.
        if (schema.length === 2 && schema.includes("null")) return values;
        return isRecord || String(name).includes(".") ? wrapped(String(name), values) : values;
      }),
    );
  }
  if (typeof schema === "string") {
    switch (schema) {
      case "null":
        return fc.constant(null);
      case "boolean":
        return fc.boolean();
      case "int":
        return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
      case "long":
        return fc.oneof(
          fc.constantFrom(0, LONG_MAX, LONG_MIN, -1),
          fc.integer({ min: LONG_MIN, max: LONG_MAX }),
        );
      case "string":
        return fc.string({ maxLength: 12 });
      case "bytes":
        return fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array));
      default:
        return named.get(schema)!;
    }
  }
  const values = ofComplex(schema, named);
  if (typeof schema.name === "string") named.set(`rustorium.${schema.name}`, values);
  return values;
}

function ofComplex(
  schema: { type: Schema; [attribute: string]: unknown },
  named: Map<string, fc.Arbitrary<unknown>>,
) {
  if (schema.logicalType === "decimal") return decimal;
  switch (schema.type) {
    case "fixed":
      return bytes(schema.size as number);
    case "enum":
      return fc.constantFrom(...(schema.symbols as string[]));
    case "array":
      return fc.array(valuesOf(schema.items as Schema, named), { maxLength: 3 });
    case "record": {
      const fields = schema.fields as { name: string; type: Schema }[];
      return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, valuesOf(type, named)])));
    }
    default:
      return valuesOf(schema.type, named);
  }
}

function wrapped(name: string, values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const full = name.startsWith("rustorium.") ? name : `rustorium.${name}`;
  return values.map((value) => (Buffer.isBuffer(value) ? value : { [full]: value }));
}

/** Plain objects: what avsc makes has constructors of its own. */
export function structured(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (Array.isArray(value)) return value.map(structured);
  if (value === null || typeof value !== "object") return typeof value === "bigint" ? `${value}n` : value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, structured(field)]));
}
