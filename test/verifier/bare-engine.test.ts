import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyProofFile } from "../../verifier/index.js";
import { accountFile, recordFile, Sample, transactionFile, trustText } from "./samples.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const sample = new Sample();
const files = [
  accountFile(sample.account()),
  accountFile(sample.account(sample.absent("other"))),
  transactionFile(sample.transaction()),
  recordFile(sample.stateRecord()),
  accountFile(sample.account()).subarray(1),
];

describe("the verifier in a bare engine", () => {
  let folder = "";

  // With a configuration that knows the language's library only: a name of Node's or the browser's doesn't compile.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "rustorium-verifier-"));
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    execFileSync(process.execPath, [compiler, "-p", join(ROOT, "verifier"), "--outDir", folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("gives the verdicts that it gives here", () => {
    const script = join(ROOT, "test", "verifier", "bare-engine.mjs");
    const output = execFileSync(
      process.execPath,
      ["--no-warnings", "--experimental-vm-modules", script, folder, join(ROOT, "node_modules")],
      {
        input: JSON.stringify({
          trust: trustText(sample.net),
          files: files.map((bytes) => bytes.toString("hex")),
        }),
      },
    );
    const { found, verdicts } = JSON.parse(output.toString()) as { found: string[]; verdicts: unknown[] };
    expect(found).toEqual([]);
    const asText = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)));
    const expected = files.map((bytes) => verifyProofFile(bytes, sample.trust));
    expect(verdicts).toEqual(expected.map(asText));
    expect(expected.map(({ ok }) => ok)).toEqual([true, true, true, true, false]);
  });
});
