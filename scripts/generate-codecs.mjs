// Writes schemas/generated-codecs.ts from schemas/*.avsc: a function that reads and one that writes each record, on
// schemas/binary. `--check` fails when stale.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const directory = new URL("../schemas/", import.meta.url).pathname;
const schemas = new Map(
  readdirSync(directory)
    .filter((name) => name.endsWith(".avsc"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(directory, file), "utf8")))
    .map((schema) => [schema.name, schema]),
);
const NAMESPACE = "rustorium";
const SIMPLE = { int: "Int", long: "Long", boolean: "Boolean", bytes: "Bytes", string: "String" };
/** Records whose last field `encoderWithLast` takes as bytes. */
const HEADS = ["Receipt", "BlockChanges", "StateRecord"];

const symbolsName = (name) => `${name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()}_SYMBOLS`;

/** Expression that reads a value. */
function reading(schema) {
  if (Array.isArray(schema)) {
    const branches = schema.filter((branch) => branch !== "null");
    // One branch besides null: the value itself, or null. Several: an object that names the branch.
    if (branches.length === 1) {
      if (schema[0] !== "null") throw new Error("null comes first");
      return `readIndex(2) === 0 ? null : ${reading(branches[0])}`;
    }
    return `readOneOf${schema.map((branch) => (branch === "null" ? "Null" : branch)).join("")}()`;
  }
  if (typeof schema === "object") {
    if (schema.logicalType === "decimal") return "readDecimal()";
    if (schema.type === "array") return `readArray(read${SIMPLE[schema.items] ?? schema.items})`;
    return reading(schema.type);
  }
  if (SIMPLE[schema]) return `read${SIMPLE[schema]}()`;
  const named = schemas.get(schema);
  if (named.type === "fixed") return `readFixed(${named.size})`;
  if (named.type === "enum") return `${symbolsName(schema)}[readIndex(${named.symbols.length})]!`;
  return `read${schema}()`;
}

/** Statement that writes a value. */
function writing(schema, value) {
  if (Array.isArray(schema)) {
    const branches = schema.filter((branch) => branch !== "null");
    if (branches.length === 1) {
      return `if (${value} === null) writeInt(0); else { writeInt(1); ${writing(branches[0], value)} }`;
    }
    return `writeOneOf${schema.map((branch) => (branch === "null" ? "Null" : branch)).join("")}(${value});`;
  }
  if (typeof schema === "object") {
    if (schema.logicalType === "decimal") return `writeDecimal(${value});`;
    if (schema.type === "array") return `writeArray(${value}, write${SIMPLE[schema.items] ?? schema.items});`;
    return writing(schema.type, value);
  }
  if (SIMPLE[schema]) return `write${SIMPLE[schema]}(${value});`;
  const named = schemas.get(schema);
  if (named.type === "fixed") return `writeFixed(${value}, ${named.size});`;
  return `write${schema}(${value});`;
}

const unions = new Map();
const lines = [];
for (const [name, schema] of schemas) {
  if (schema.type === "fixed") {
    lines.push(`const read${name} = (): ${name} => readFixed(${schema.size});`);
    lines.push(`const write${name} = (value: ${name}): void => writeFixed(value, ${schema.size});`, "");
  } else if (schema.type === "enum") {
    const symbols = schema.symbols.map((symbol) => `"${symbol}"`).join(", ");
    lines.push(`const ${symbolsName(name)}: readonly ${name}[] = [${symbols}];`);
    lines.push(`function write${name}(value: ${name}): void {`, "switch (value) {");
    schema.symbols.forEach((symbol, index) => {
      lines.push(`case "${symbol}": writeInt(${index}); break;`);
    });
    lines.push(`default: misfit(value, "${name}");`, "}", "}", "");
  } else {
    const fields = schema.fields;
    lines.push(`function read${name}(): ${name} {`);
    for (const field of fields) lines.push(`const ${field.name} = ${reading(field.type)};`);
    lines.push(`return { ${fields.map((field) => field.name).join(", ")} };`, "}", "");
    const write = (title, type, some) => {
      lines.push(`function ${title}(value: ${type}): void {`);
      for (const field of some) lines.push(writing(field.type, `value.${field.name}`));
      lines.push("}", "");
    };
    write(`write${name}`, name, fields);
    if (HEADS.includes(name)) {
      write(`write${name}Head`, `Omit<${name}, "${fields.at(-1).name}">`, fields.slice(0, -1));
    }
    for (const { type } of fields) {
      if (Array.isArray(type) && type.filter((branch) => branch !== "null").length > 1) {
        unions.set(type.map((branch) => (branch === "null" ? "Null" : branch)).join(""), type);
      }
    }
  }
}
for (const [name, branches] of unions) {
  const type = branches
    .map((branch) => (branch === "null" ? "null" : `{ "${NAMESPACE}.${branch}": ${branch} }`))
    .join(" | ");
  lines.push(`type OneOf${name} = ${type};`, "");
  lines.push(`function readOneOf${name}(): OneOf${name} {`, `switch (readIndex(${branches.length})) {`);
  branches.forEach((branch, index) => {
    const label = index < branches.length - 1 ? `case ${index}:` : "default:";
    lines.push(
      branch === "null"
        ? `${label} return null;`
        : `${label} return { "${NAMESPACE}.${branch}": read${branch}() };`,
    );
  });
  lines.push("}", "}", "");
  lines.push(`function writeOneOf${name}(value: OneOf${name}): void {`, "checkBranch(value);");
  branches.forEach((branch, index) => {
    const test =
      branch === "null"
        ? "value === null"
        : `typeof value === "object" && value !== null && "${NAMESPACE}.${branch}" in value`;
    lines.push(`${index > 0 ? "else " : ""}if (${test}) {`, `writeInt(${index});`);
    if (branch !== "null") lines.push(`write${branch}(value["${NAMESPACE}.${branch}"]);`);
    lines.push("}");
  });
  lines.push(`else misfit(value, "branch of the union");`, "}", "");
}
const records = [...schemas.values()].filter(({ type }) => type === "record").map(({ name }) => name);
lines.push(
  "/** Reads and writes the body of a record. */",
  "export interface RecordFunctions<T> { read(): T; write(value: T): void }",
  "",
  "export const RECORD_FUNCTIONS: { readonly [K in keyof RecordTypes]: RecordFunctions<RecordTypes[K]> } = {",
  ...records.map((name) => `${name}: { read: read${name}, write: write${name} },`),
  "};",
  "",
  "/** Writes all fields of a record but the last. */",
  `export const HEAD_WRITERS = { ${HEADS.map((name) => `${name}: write${name}Head`).join(", ")} };`,
  "",
);
const body = lines.join("\n");
// Of fixed types most fields are read and written by size; only those that are items of arrays need a function.
const unused = [...schemas.values()]
  .filter(({ type }) => type === "fixed")
  .flatMap(({ name }) => [`read${name}`, `write${name}`])
  .filter((name) => body.split(new RegExp(`\\b${name}\\b`)).length === 2);
const kept = body
  .split("\n")
  .filter((line) => !unused.some((name) => line.startsWith(`const ${name} =`)))
  .join("\n");
const used = (names) => names.filter((name) => new RegExp(`\\b${name}\\b`).test(kept));
const named = (prefix, kinds) => used(kinds.map((kind) => prefix + kind)).join(", ");
const types = ["RecordTypes", ...used([...schemas.keys()])].sort().join(", ");
const kinds = ["Array", "Boolean", "Bytes", "Decimal", "Fixed", "Index", "Int", "Long", "String"];
const text = [
  "// Generated by `npm run generate` from schemas/*.avsc. Do not edit.",
  "",
  `import { ${named("read", kinds)} } from "./binary/reader.js";`,
  `import { checkBranch, misfit, ${named("write", kinds)} } from "./binary/writer.js";`,
  `import type { ${types} } from "./generated.js";`,
  "",
  kept,
].join("\n");
const target = join(directory, "generated-codecs.ts");
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("schemas/generated-codecs.ts is stale: run `npm run generate`");
    process.exit(1);
  }
} else writeFileSync(target, text);
