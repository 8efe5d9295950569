import { fileURLToPath } from "node:url";

/** Directory of package.json; this file runs from dist/cli. */
export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));
