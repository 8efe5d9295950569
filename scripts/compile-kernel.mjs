// Compiles AssemblyScript to WebAssembly and writes it as a module of text, since that is there wherever the modules
// are: compiled, from the sources, in worker threads.
import { readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const root = new URL("../", import.meta.url).pathname;

/**
 * @param {{ entry: string, pages: number, sources?: Record<string, string> }} kernel `entry`: a path in the repository.
 *   `pages`: all the memory it ever has, in units of 64 KiB. `sources`: texts by path, of files that are not there.
 */
export async function compileKernel({ entry, pages, sources = {} }) {
  let wasm;
  const { error, stderr } = await asc.main(
    [
      ...[entry, "--baseDir", root, "--outFile", "kernel.wasm"],
      ...[
        "--optimizeLevel",
        "3",
        "--shrinkLevel",
        "0",
        "--noAssert",
        "--runtime",
        "stub",
        "--enable",
        "simd",
      ],
      ...["--initialMemory", String(pages), "--maximumMemory", String(pages)],
    ],
    {
      readFile(name) {
        if (Object.hasOwn(sources, name)) return sources[name];
        try {
          return readFileSync(new URL(name, `file://${root}`), "utf8");
        } catch {
          return null;
        }
      },
      writeFile(_name, contents) {
        wasm = Buffer.from(contents);
      },
    },
  );
  const messages = stderr.toString();
  if (error || messages) throw new Error(messages, { cause: error });
  return wasm;
}

/** Writes the module `target`, a URL, in lines of so many characters; with `--check` fails when it is stale. */
export function writeKernel({ wasm, target, name, from, by, line }) {
  const text = wasm.toString("base64").match(new RegExp(`.{1,${line}}`, "g"));
  const source = `// Written by ${by} from ${from}.

/** WebAssembly, in base64. */
export const ${name} = [
${text.map((line) => `  "${line}",\n`).join("")}].join("");
`;
  if (process.argv.includes("--check")) {
    if (readFileSync(target, "utf8") !== source)
      throw new Error(`${target.pathname} is stale: npm run generate`);
  } else writeFileSync(target, source);
}
