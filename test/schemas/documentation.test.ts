import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SCHEMAS } from "../../schemas/generated.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIRECTORY = join(ROOT, "schemas");
const files = readdirSync(DIRECTORY).filter((name) => name.endsWith(".avsc"));

interface Schema {
  name: string;
  type: string;
  namespace?: string;
  doc?: string;
  fields?: { name: string; type: unknown; doc?: string }[];
}

const schemas = files.map((file) => ({
  file,
  schema: JSON.parse(readFileSync(join(DIRECTORY, file), "utf8")) as Schema,
}));
const isTime = (type: unknown) => (type as { logicalType?: string }).logicalType === "timestamp-millis";
const isAmount = (type: unknown) => (type as { logicalType?: string }).logicalType === "decimal";

describe("schemas", () => {
  it.each(schemas)("$file is documented, each of its fields too, with units", ({ file, schema }) => {
    expect(`${schema.name}.avsc`).toBe(file);
    expect(schema.namespace).toBe("rustorium");
    expect(schema.doc?.length, "doc").toBeGreaterThan(10);
    for (const { name, type, doc } of schema.fields ?? []) {
      expect(doc?.length ?? 0, `doc of ${name}`).toBeGreaterThan(3);
      if (isTime(type)) expect(doc, name).toMatch(/time|when|milliseconds|valid-until/i);
      if (/Ms(?:Max)?$/.test(name)) expect(doc, name).toMatch(/milliseconds/);
      if (/Bytes(?:Max)?$/.test(name)) expect(doc, name).toMatch(/bytes/);
      if (isAmount(type)) expect(doc, name).toMatch(/10\^-18 RUS/);
    }
  });

  it("keep amounts as decimal(38, 0)", () => {
    const decimals = schemas
      .flatMap(({ schema }) => schema.fields ?? [])
      .filter(({ type }) => isAmount(type));
    expect(decimals.length).toBeGreaterThan(5);
    for (const { name, type } of decimals) expect(type, name).toMatchObject({ precision: 38, scale: 0 });
  });

  it("are those that the generated types and codecs were made from", () => {
    for (const script of ["generate-types.mjs", "generate-codecs.mjs"]) {
      const check = () =>
        execFileSync(process.execPath, [join(ROOT, "scripts", script), "--check"], { stdio: "pipe" });
      expect(check, script).not.toThrow();
    }
    const records = schemas.filter(({ schema }) => schema.type === "record").map(({ schema }) => schema.name);
    expect(Object.keys(SCHEMAS).sort()).toEqual(records.sort());
  });

  it("are self-contained as they are registered: each name is spelled out before it is used", () => {
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      const known = new Set<string>();
      const visit = (part: unknown): void => {
        if (typeof part === "string") {
          if (part.startsWith("rustorium.")) expect(known.has(part), `${part} in ${name}`).toBe(true);
        } else if (Array.isArray(part)) for (const branch of part) visit(branch);
        else {
          const { type, fields, items, name: own, namespace } = part as Record<string, unknown>;
          if (own && namespace) known.add(`${String(namespace)}.${String(own)}`);
          if (Array.isArray(fields)) for (const field of fields) visit((field as { type: unknown }).type);
          if (items) visit(items);
          if (type && !fields && !items && typeof type === "object") visit(type);
        }
      };
      visit(schema);
    }
  });
});
