import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readSource, type Source, sourcesOf } from "./sources.js";

/** The layers, lowest first. One may import itself and those below. */
const LAYERS = [
  "schemas",
  "ledger",
  "ml",
  "topics",
  "processors",
  "pipelines",
  "runtime",
  "verifier",
  "client",
  "gateway",
  "simulator",
  "cli",
  "chaos",
  "bench",
];
const PURE = ["schemas", "ledger", "ml", "topics", "processors", "pipelines"];
const LINES_MAX = 300;

const exists = (layer: string) => existsSync(fileURLToPath(new URL(`../../${layer}/`, import.meta.url)));
const sources = LAYERS.filter(exists).flatMap(sourcesOf);
const pure = sources.filter(({ layer }) => PURE.includes(layer));

/** What a pure layer must not name: clock, chance, input and output, the process. */
const BANNED: [string, RegExp][] = [
  ["the clock", /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bhrtime\b/],
  ["chance", /\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\brandombytes/],
  ["timers", /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/],
  ["the process", /\bprocess\.(?!s\b)|\bglobalThis\b/],
  ["the console", /\bconsole\./],
  ["input and output", /\bfetch\(/],
];
/** Packages of pure layers: computation only. */
const PURE_PACKAGES = [
  "avsc",
  "hash-wasm",
  "@noble/hashes",
  "sodium-native",
  "secp256k1",
  "poseidon-lite/poseidon2",
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-layers",
  "@tensorflow/tfjs-backend-wasm",
  "@tensorflow/tfjs-backend-cpu",
];

function upward({ path, layer, imports }: Source): string[] {
  return imports
    .filter(({ isRelative }) => isRelative)
    .map(({ target }) => target)
    .filter((target) => {
      const to = LAYERS.indexOf(target.split("/")[0]!);
      return to < 0 || to > LAYERS.indexOf(layer);
    })
    .map((target) => `${path} imports ${target}`);
}

function banned({ path, code }: Source): string[] {
  const lines = code.split("\n");
  return BANNED.flatMap(([what, pattern]) =>
    lines.filter((line) => pattern.test(line)).map((line) => `${path} uses ${what}: ${line.trim()}`),
  );
}

function impurePackages({ path, imports }: Source): string[] {
  return imports
    .filter(({ isRelative, target }) => !isRelative && !PURE_PACKAGES.some((name) => target === name))
    .map(({ target }) => `${path} imports ${target}`);
}

function anyTypes({ path, code }: Source): string[] {
  const withoutStrings = code.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '""');
  return [...withoutStrings.matchAll(/(?:[:<|&,(]\s*|\bas\s+|\bextends\s+)any\b(?!\s*:)|\bany\[\]/g)].map(
    ({ 0: text }) => `${path}: ${text.trim()}`,
  );
}

describe("layers", () => {
  it("are all here", () => {
    for (const layer of [
      "schemas",
      "ledger",
      "ml",
      "topics",
      "processors",
      "runtime",
      "gateway",
      "cli",
      "chaos",
    ]) {
      expect(sources.filter((source) => source.layer === layer).length, layer).toBeGreaterThan(0);
    }
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });

  it("import one way: schemas, ledger, ml, topics, processors, pipelines, runtime, verifier, client, gateway, simulator, cli, chaos, bench", () => {
    expect(sources.flatMap(upward)).toEqual([]);
  });

  it("keep kafkajs below runtime/kafka; elsewhere in runtime, and in the simulator, only its types are named", () => {
    const wrong = sources
      .filter(({ path }) => !path.startsWith("runtime/kafka/"))
      .flatMap(({ path, layer, imports }) =>
        imports
          .filter(({ target }) => target === "kafkajs" || target.startsWith("kafkajs/"))
          .filter(({ isTypeOnly }) => !["runtime", "simulator"].includes(layer) || !isTypeOnly)
          .map(() => path),
      );
    expect(wrong).toEqual([]);
  });

  it("keep the schema registry's client below runtime/kafka", () => {
    const wrong = sources.filter(
      ({ path, imports }) =>
        !path.startsWith("runtime/kafka/") &&
        imports.some(({ target }) => target.startsWith("@kafkajs/confluent-schema-registry")),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it("are pure up to the pipelines: no clock, chance, timers, process, console, input or output", () => {
    expect(pure.flatMap(banned)).toEqual([]);
    expect(pure.flatMap(impurePackages)).toEqual([]);
  });

  it(`have no file over ${LINES_MAX} lines up to the pipelines, but the generated one`, () => {
    const long = pure
      .filter(({ path }) => !["schemas/generated.ts", "schemas/generated-codecs.ts"].includes(path))
      .filter(({ text }) => text.split("\n").length - 1 > LINES_MAX);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it("have no `any`, and no way around the compiler", () => {
    expect(sources.flatMap(anyTypes)).toEqual([]);
    const around = sources.filter(({ text }) => /@ts-(?:ignore|nocheck|expect-error)/.test(text));
    expect(around.map(({ path }) => path)).toEqual([]);
  });

  it("have no cycles of imports among files", () => {
    const byPath = new Map(sources.map((source) => [source.path, source]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, above: readonly string[]): void => {
      if (above.includes(path)) cycles.push([...above.slice(above.indexOf(path)), path].join(" → "));
      if (done.has(path) || above.includes(path)) return;
      for (const { target, isRelative, isTypeOnly } of byPath.get(path)?.imports ?? []) {
        if (isRelative && !isTypeOnly) visit(target.replace(/\.js$/, ".ts"), [...above, path]);
      }
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe("the model of the simulator", () => {
  const MODEL = "simulator/model/";
  const MODEL_PACKAGES = ["node:crypto", "node:fs"];
  /** Poseidon; written for the verifier, which shares no code with the ledger either. */
  const MODEL_POSEIDON = ["verifier/poseidon.js", "verifier/state-digest.js", "verifier/field.js"];
  const model = sourcesOf("simulator").filter(({ path }) => path.startsWith(MODEL));

  it("shares no code with what it audits: its own files, the verifier's Poseidon, no package of the ledger's", () => {
    expect(model.length).toBeGreaterThan(10);
    expect(model.flatMap(foreign)).toEqual([]);
    expect(foreign(readSource(`${MODEL}x.ts`, 'import type { X } from "../../ledger/x.js";'))).toHaveLength(
      1,
    );
    expect(foreign(readSource(`${MODEL}x.ts`, 'import sodium from "sodium-native";'))).toHaveLength(1);
  });

  it(`uses no clock, chance or timer, has no \`any\` and no file over ${LINES_MAX} lines`, () => {
    expect(model.flatMap(banned)).toEqual([]);
    expect(model.flatMap(anyTypes)).toEqual([]);
    expect(model.filter(({ text }) => text.split("\n").length - 1 > LINES_MAX)).toEqual([]);
  });

  function foreign({ path, imports }: Source): string[] {
    return imports
      .filter(
        ({ target, isRelative }) =>
          !(isRelative
            ? target.startsWith(MODEL) || MODEL_POSEIDON.includes(target)
            : MODEL_PACKAGES.includes(target)),
      )
      .map(({ target }) => `${path} imports ${target}`);
  }
});

describe("the verifier", () => {
  const VERIFIER = "verifier/";
  const VERIFIER_PACKAGES = ["@noble/hashes/sha2.js", "@noble/curves/ed25519.js"];
  /** What Node has and browsers have not, and what browsers have and other engines have not. */
  const HOSTS =
    /\b(?:Buffer|process|require|__dirname|__filename|global(?=\.)|module|TextDecoder|TextEncoder)\b/;
  const verifier = sources.filter(({ layer }) => layer === "verifier");

  it("shares no code with what it checks: its own files and two packages of pure JavaScript", () => {
    expect(verifier.length).toBeGreaterThan(20);
    expect(verifier.flatMap(foreign)).toEqual([]);
    expect(foreign(readSource(`${VERIFIER}x.ts`, 'import { a } from "../ledger/x.js";'))).toHaveLength(1);
    expect(foreign(readSource(`${VERIFIER}x.ts`, 'import type { A } from "../schemas/x.js";'))).toHaveLength(
      1,
    );
    expect(foreign(readSource(`${VERIFIER}x.ts`, 'import { hash } from "node:crypto";'))).toHaveLength(1);
    expect(foreign(readSource(`${VERIFIER}x.ts`, 'const a = await import("sodium-native");'))).toHaveLength(
      1,
    );
  });

  it("runs anywhere: no name of Node's or the browser's own, no clock, chance, timer or I/O", () => {
    expect(verifier.flatMap(banned)).toEqual([]);
    expect(verifier.flatMap(hosted)).toEqual([]);
    expect(hosted(readSource(`${VERIFIER}x.ts`, "const a = Buffer.alloc(1);"))).toHaveLength(1);
    expect(hosted(readSource(`${VERIFIER}x.ts`, 'const a = require("a");'))).toHaveLength(1);
    expect(hosted(readSource(`${VERIFIER}x.ts`, "// no Buffer here"))).toHaveLength(0);
  });

  it(`has no file over ${LINES_MAX} lines`, () => {
    expect(verifier.filter(({ text }) => text.split("\n").length - 1 > LINES_MAX)).toEqual([]);
  });

  function foreign({ path, imports }: Source): string[] {
    return imports
      .filter(
        ({ target, isRelative }) =>
          !(isRelative ? target.startsWith(VERIFIER) : VERIFIER_PACKAGES.includes(target)),
      )
      .map(({ target }) => `${path} imports ${target}`);
  }

  function hosted({ path, code }: Source): string[] {
    return code
      .split("\n")
      .filter((line) => HOSTS.test(line))
      .map((line) => `${path}: ${line.trim()}`);
  }
});

describe("the fuzzer", () => {
  const fuzz = sourcesOf("fuzz");

  it("is read by tests only, and keeps to the size and types of all else", () => {
    expect(fuzz.length).toBeGreaterThan(10);
    const readers = sources.filter(({ imports }) => imports.some(({ target }) => target.startsWith("fuzz/")));
    expect(readers.map(({ path }) => path)).toEqual([]);
    expect(fuzz.flatMap(anyTypes)).toEqual([]);
    expect(
      fuzz.filter(({ text }) => text.split("\n").length - 1 > LINES_MAX).map(({ path }) => path),
    ).toEqual([]);
  });

  it("needs no broker", () => {
    const packages = fuzz.flatMap(({ imports }) => imports.filter(({ isRelative }) => !isRelative));
    expect(packages.map(({ target }) => target).filter((name) => !/^(?:node:|avsc$)/.test(name))).toEqual([]);
    const kafka = fuzz.filter(({ imports }) =>
      imports.some(({ target }) => target.startsWith("runtime/kafka")),
    );
    expect(kafka.map(({ path }) => path)).toEqual([]);
  });
});

describe("the checks themselves", () => {
  it("see imports of every form, and whether they are types only", () => {
    const { imports } = readSource(
      "ledger/block/x.ts",
      `import a from "a";
       import { type B,
         type C } from '../b.js';
       import { type D, e } from "./d.js";
       import type { F } from "kafkajs";
       export * from "./g.js"; import "node:fs";
       // import "h";
       const i = await import("i"); const text = "no import here";`,
    );
    expect(imports.map(({ target, isTypeOnly }) => [target, isTypeOnly])).toEqual([
      ["a", false],
      ["ledger/b.js", true],
      ["ledger/block/d.js", false],
      ["kafkajs", true],
      ["ledger/block/g.js", false],
      ["node:fs", false],
      ["i", false],
    ]);
  });

  it.each([
    ['import { x } from "../runtime/x.js";', 1, 0, 0],
    ['import { x } from "../schemas/x.js";', 0, 0, 0],
    ['import { readFileSync } from "node:fs";', 0, 1, 0],
    ["const now = Date.now();", 0, 1, 0],
    ["const at = new Date();", 0, 1, 0],
    ["const at = new Date(time);", 0, 0, 0],
    ["const chance = Math.random();", 0, 1, 0],
    ["// Date.now() is forbidden", 0, 0, 0],
    ["console.log(1);", 0, 1, 0],
    ["let x: any;", 0, 0, 1],
    ["const y = x as any;", 0, 0, 1],
    ["const z: Map<string, any> = x;", 0, 0, 1],
    ['const text = "takes any: all";', 0, 0, 0],
  ])("find what they look for: %s", (text, up, impure, any) => {
    const source = readSource("ledger/x.ts", text);
    expect(upward(source)).toHaveLength(up);
    expect([...banned(source), ...impurePackages(source)]).toHaveLength(impure);
    expect(anyTypes(source)).toHaveLength(any);
  });
});
