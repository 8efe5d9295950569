import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Directory of package.json: above this file, whether it runs from dist or, in a test, from its source. */
export const PROJECT_ROOT = above(dirname(fileURLToPath(import.meta.url)));

/** The saved network of this architecture that comes with the package. */
export const shippedModelPath = (architecture: string) =>
  join(PROJECT_ROOT, "ml", "models", `${architecture}.json`);

function above(directory: string): string {
  if (existsSync(join(directory, "package.json"))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error("no package.json above this file");
  return above(parent);
}
