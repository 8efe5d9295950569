import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Real inputs beside the checkout, not part of the project; tests that need them are skipped without. */
const DIRECTORY = new URL("../../../shared/data/", import.meta.url);

/** Whether the file is there. */
export function hasSharedData(path: string): boolean {
  return existsSync(new URL(path, DIRECTORY));
}

/** The text of a file, unpacked when it is gzip. */
export function sharedText(path: string): string {
  const bytes = readFileSync(new URL(path, DIRECTORY));
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** The value of a JSON file. The caller knows its shape. */
export function sharedJson<T>(path: string): T {
  return JSON.parse(sharedText(path)) as T;
}

export function fromHex(hex: string): Buffer {
  return Buffer.from(hex.replace(/^0x/, ""), "hex");
}
