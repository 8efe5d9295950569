import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A TypeScript file of the project. */
export interface Source {
  /** Path from the project's root, with slashes. */
  readonly path: string;
  /** First folder of the path. */
  readonly layer: string;
  readonly text: string;
  /** The text without comments; strings stay. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** What the statement names: `./x.js` resolved to a path from the root, or a package. */
  readonly target: string;
  readonly isRelative: boolean;
  readonly isTypeOnly: boolean;
}

/** All .ts files of a folder, those of its folders too. */
export function sourcesOf(layer: string): Source[] {
  return readdirSync(join(ROOT, layer), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"))
    .map((entry) => {
      const absolute = join(entry.parentPath, entry.name);
      const path = absolute.slice(ROOT.length).replaceAll("\\", "/");
      return readSource(path, readFileSync(absolute, "utf8"));
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function readSource(path: string, text: string): Source {
  const code = withoutComments(text);
  return { path, layer: path.split("/")[0]!, text, code, imports: importsOf(path, code) };
}

/** `import … from "x"`, `export … from "x"`, `import "x"`, `import("x")`. */
const IMPORT =
  /(?:^|[;}\n])\s*(?:import|export)(?<type>\s+type\b)?(?<clause>[^;"'()]*?)\bfrom\s*["'](?<from>[^"']+)["']|(?:^|[;}\n])\s*import\s*["'](?<bare>[^"']+)["']|\bimport\(\s*["'](?<dynamic>[^"']+)["']/g;

function importsOf(path: string, code: string): Import[] {
  return Array.from(code.matchAll(IMPORT), ({ groups }) => {
    const target = (groups!.from ?? groups!.bare ?? groups!.dynamic)!;
    const isRelative = target.startsWith(".");
    return {
      target: isRelative ? posix.normalize(posix.join(posix.dirname(path), target)) : target,
      isRelative,
      isTypeOnly: groups!.type !== undefined || onlyTypes(groups!.clause),
    };
  });
}

/** `{ type A, type B }`: nothing of it is there at run time. */
function onlyTypes(clause: string | undefined): boolean {
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause ?? "")?.[1];
  if (names === undefined) return false;
  const list = names.split(",").filter((name) => name.trim() !== "");
  return list.length > 0 && list.every((name) => name.trim().startsWith("type "));
}

const TOKENS = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

function withoutComments(text: string): string {
  return text.replace(TOKENS, (token) => (token.startsWith("/") ? " " : token));
}
