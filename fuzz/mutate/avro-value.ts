import { type Chance, pick } from "../chance.js";
import { noise } from "./bytes.js";

/** A schema as in an .avsc file. */
export type Schema = string | readonly Schema[] | ComplexSchema;
interface ComplexSchema {
  readonly type: Schema;
  readonly name?: string;
  readonly namespace?: string;
  readonly logicalType?: string;
  readonly size?: number;
  readonly symbols?: readonly string[];
  readonly items?: Schema;
  readonly fields?: readonly { readonly name: string; readonly type: Schema }[];
}

const LONGS = [
  0,
  1,
  -1,
  2,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 52,
  -(2 ** 52),
  2 ** 53 - 2,
  1_700_000_000_000,
];
const INTS = [0, 1, 2, 3, 4, -1, 2 ** 31 - 1, -(2 ** 31)];
const AMOUNTS = [0n, 1n, -1n, 10n ** 18n, 10n ** 38n - 1n, 10n ** 38n, -(10n ** 38n), 2n ** 127n];
const STRINGS = [
  "",
  "0",
  "1",
  "10",
  "01",
  "hybrid-pos",
  "solo",
  "\u0000",
  "\u202ex",
  "2",
  "-1",
  "__proto__",
  "a".repeat(300),
];
const ITEMS_MAX = 3;

/** Makes and changes values of a schema, as our codecs take them. */
export class AvroValues {
  private readonly named = new Map<string, ComplexSchema>();

  constructor(private readonly schema: Schema) {
    this.collect(schema);
  }

  /** Any value, with a liking for the ends of each type. */
  any(chance: Chance): unknown {
    return this.valueOf(this.schema, chance);
  }

  /** A copy with one part replaced: a leaf, or all of a record, array or branch. */
  changed(value: unknown, chance: Chance): unknown {
    return this.change(this.schema, value, chance);
  }

  private collect(schema: Schema): void {
    if (typeof schema === "string") return;
    if (Array.isArray(schema)) {
      for (const branch of schema as readonly Schema[]) this.collect(branch);
      return;
    }
    const complex = schema as ComplexSchema;
    if (complex.name !== undefined) this.named.set(`rustorium.${complex.name}`, complex);
    for (const { type } of complex.fields ?? []) this.collect(type);
    if (complex.items !== undefined) this.collect(complex.items);
    if (typeof complex.type === "object") this.collect(complex.type);
  }

  private valueOf(schema: Schema, chance: Chance): unknown {
    if (typeof schema === "string") return this.ofName(schema, chance);
    if (Array.isArray(schema)) {
      const branch = pick(chance, schema as readonly Schema[]);
      return isOptional(schema as readonly Schema[])
        ? this.valueOf(branch, chance)
        : wrapped(branch, this.valueOf(branch, chance));
    }
    const complex = schema as ComplexSchema;
    if (complex.logicalType === "decimal") return pick(chance, [...AMOUNTS, BigInt(chance(2 ** 30))]);
    switch (complex.type) {
      case "fixed":
        return chance(3) === 0 ? Buffer.alloc(complex.size!) : noise(chance, complex.size!);
      case "enum":
        return pick(chance, complex.symbols!);
      case "array":
        return Array.from({ length: chance(ITEMS_MAX + 1) }, () => this.valueOf(complex.items!, chance));
      case "record":
        return Object.fromEntries(
          complex.fields!.map(({ name, type }) => [name, this.valueOf(type, chance)]),
        );
      default:
        return this.valueOf(complex.type, chance);
    }
  }

  private ofName(name: string, chance: Chance): unknown {
    switch (name) {
      case "null":
        return null;
      case "boolean":
        return chance(2) === 1;
      case "int":
        return pick(chance, INTS);
      case "long":
        return pick(chance, LONGS);
      case "string":
        return pick(chance, STRINGS);
      case "bytes":
        return noise(chance, chance(80));
      default:
        return this.valueOf(this.resolve(name), chance);
    }
  }

  private resolve(name: string): ComplexSchema {
    const found = this.named.get(name.includes(".") ? name : `rustorium.${name}`);
    if (!found) throw new Error(`the schema names ${name}, which it does not have`);
    return found;
  }

  private change(schema: Schema, value: unknown, chance: Chance): unknown {
    const complex =
      typeof schema === "string" && this.named.has(`rustorium.${schema.replace(/^rustorium\./, "")}`)
        ? this.resolve(schema)
        : schema;
    if (typeof complex === "string" || chance(12) === 0) return this.valueOf(schema, chance);
    if (Array.isArray(complex)) return this.changeBranch(complex as readonly Schema[], value, chance);
    const { type, fields, items } = complex as ComplexSchema;
    if (type === "record") {
      const { name, type: fieldType } = pick(chance, fields!);
      const record = value as Record<string, unknown>;
      return { ...record, [name]: this.change(fieldType, record[name], chance) };
    }
    if (type === "array") {
      const list = [...(value as unknown[])];
      const at = chance(list.length + 1);
      if (chance(3) === 0) list.splice(at, 1);
      else if (at < list.length && chance(3) > 0) list[at] = this.change(items!, list[at], chance);
      else list.splice(at, 0, list[at] ?? this.valueOf(items!, chance));
      return list;
    }
    if (type === "fixed" || type === "enum" || typeof type === "string") return this.valueOf(complex, chance);
    return this.change(type, value, chance);
  }

  private changeBranch(branches: readonly Schema[], value: unknown, chance: Chance): unknown {
    if (isOptional(branches))
      return value === null || chance(4) === 0
        ? this.valueOf(branches, chance)
        : this.change(branches.find((branch) => branch !== "null")!, value, chance);
    const [name, inner] = Object.entries(value ?? {})[0] ?? [];
    const branch = branches.find((candidate) => nameOf(candidate) === name);
    return branch === undefined || Buffer.isBuffer(value)
      ? this.valueOf(branches, chance)
      : { [name!]: this.change(branch, inner, chance) };
  }
}

function nameOf(schema: Schema): string | undefined {
  if (typeof schema === "string") return schema.includes(".") ? schema : `rustorium.${schema}`;
  const { name } = schema as ComplexSchema;
  return name === undefined ? undefined : `rustorium.${name}`;
}

/** A value or null: it stands for itself. */
function isOptional(branches: readonly Schema[]): boolean {
  return branches.length === 2 && branches.includes("null");
}

/** In other unions our codecs name records, and take null and fixed as they are. */
function wrapped(branch: Schema, value: unknown): unknown {
  const isRecord = value !== null && typeof value === "object" && !Buffer.isBuffer(value);
  return isRecord ? { [nameOf(branch)!]: value } : value;
}
