// Runs compiled modules of the verifier in an engine that has the language and TextEncoder, which @noble/curves asks for
// while it is loaded and every browser has; nothing else of Node's or a browser's. Started as
//   node --experimental-vm-modules bare-engine.mjs <folder of verifier/*.js> <folder of node_modules>
// with { trust, files } as JSON on standard input: the text of a trust file, and proof files in hex. Prints the verdicts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createContext, SourceTextModule } from "node:vm";

const [compiled, packages] = process.argv.slice(2).map((path) => pathToFileURL(join(path, "/")));
const context = createContext(Object.assign(Object.create(null), { TextEncoder }), {
  codeGeneration: { strings: false, wasm: false },
});
const modules = new Map();

function load(url) {
  const found = modules.get(url.href);
  if (found) return found;
  const source = readFileSync(fileURLToPath(url), "utf8");
  const module = new SourceTextModule(source, { context, identifier: url.href });
  modules.set(url.href, module);
  return module;
}

const link = (name, from) =>
  load(name.startsWith(".") ? new URL(name, from.identifier) : new URL(name, packages));

const entry = load(new URL("index.js", compiled));
await entry.link(link);
await entry.evaluate();
const input = JSON.parse(readFileSync(0, "utf8"));
const main = new SourceTextModule(
  `
  import { parseTrust, verifyProofFile } from "./index.js";
  const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (digits) => Number.parseInt(digits, 16));
  export function run(text) {
    const { trust: trustText, files } = JSON.parse(text);
    const { trust } = parseTrust(trustText);
    const verdicts = files.map((hex) => verifyProofFile(bytesOf(hex), trust));
    const names = ["Buffer", "process", "require", "TextDecoder", "crypto", "atob", "fetch"];
    const found = names.filter((name) => name in globalThis);
    return JSON.stringify({ found, verdicts }, (_, value) => (typeof value === "bigint" ? String(value) : value));
  }
`,
  { context, identifier: new URL("main.js", compiled).href },
);
await main.link(link);
await main.evaluate();
process.stdout.write(main.namespace.run(JSON.stringify(input)));
