import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ReplayReport } from "../../cli/replay/report.js";
import { hasSharedData, sharedText } from "../ledger/shared-data.js";
import { buildProgram, Program } from "./program.js";
import { START_TIMEOUT_MS, TEST_TIMEOUT_MS } from "./support.js";

const TRANSACTIONS = "ethereum/txs.tsv.gz";
const EXPECTED = "ethereum/expected.csv.gz";
const hasReal = hasSharedData(TRANSACTIONS) && hasSharedData(EXPECTED);
/** How many of the real transactions are replayed. */
const REPLAYED = 600;
/** Ways in which a demonstration's records must be refused (bad input, in the words of issue 3). */
const CODES = [
  "AMOUNT_OVERFLOW",
  "BAD_SIGNATURE",
  "BLOB_UNSUPPORTED",
  "CREATION_UNSUPPORTED",
  "EXPIRED",
  "GAS_LIMIT_TOO_LOW",
  "INSUFFICIENT_BALANCE",
  "MALFORMED",
  "MALLEABLE_SIGNATURE",
  "NONCE_GAP",
  "NONCE_USED",
  "NON_CANONICAL",
  "SENDER_KEY_MISMATCH",
  "SET_CODE_UNSUPPORTED",
  "TOO_LARGE",
  "UNKNOWN_SCHEMA",
  "UNPROTECTED",
  "WRONG_CHAIN_ID",
  "ZERO_AMOUNT",
];

describe("the command", { timeout: TEST_TIMEOUT_MS }, () => {
  const directory = mkdtempSync(join(tmpdir(), "rustorium-cli-test-"));
  const program = new Program(directory);
  const rustorium = (...args: string[]) => program.run(...args);

  beforeAll(buildProgram, START_TIMEOUT_MS);
  afterEach(() => program.end());
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("start --once plays the demonstration, prints a summary in which all is well, and ends with 0", async () => {
    const home = join(directory, "home");
    const { code, stdout, stderr } = await rustorium("start", "--once", "--port", "0", "--home", home);
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => line.startsWith("FAIL"))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("ok  ")).length).toBeGreaterThanOrEqual(7);
    for (const about of [
      /last status \(0 /,
      /add up to the genesis/,
      /verified [1-9]\d* certificates/,
      /same digests/,
    ])
      expect(stdout).toMatch(about);
    for (const shard of [0, 1, 2, 3, 4])
      expect(stdout).toMatch(new RegExp(`^shard ${shard}: height [1-9]`, "m"));

    const [, good, bad] = /^published: (\d+) good .*, (\d+) bad$/m.exec(stdout)!.map(Number);
    expect(bad! / (good! + bad!)).toBeGreaterThanOrEqual(0.03);
    const refused = /^refused: (.*)$/m
      .exec(stdout)![1]!
      .split(", ")
      .map((text) => text.split(" "));
    expect(refused.map(([name]) => name)).toEqual(expect.arrayContaining(CODES));
    expect(refused.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(bad);
  });

  it.each([
    ["an unknown flag", ["start", "--nonsense"], "BAD_USAGE"],
    ["an unknown command", ["begin"], "BAD_USAGE"],
    ["a missing argument", ["replay"], "BAD_USAGE"],
    ["an unknown stage", ["run", "digest"], "BAD_STAGE"],
    ["a chain to verify on no broker", ["verify", "chain"], "BAD_SETTING"],
  ])("ends with 2 and a stable code for %s", async (_, args, stable) => {
    const { code, stdout, stderr } = await rustorium(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`rustorium: ${stable}: `);
    expect(stdout).toBe("");
  });

  it.skipIf(!hasReal)(
    hasReal
      ? `replay publishes ${REPLAYED} real transactions and counts what the rules make of them`
      : `replay of real transactions: skipped, there is no ../shared/data/${TRANSACTIONS} beside the checkout`,
    async () => {
      const { code, stdout, stderr } = await rustorium(
        "replay",
        pathOf(TRANSACTIONS),
        "--expect",
        pathOf(EXPECTED),
        "--allow-unprotected",
        "--limit",
        String(REPLAYED),
        "--json",
      );
      expect(code, `${stdout}\n${stderr}`).toBe(0);
      const report = JSON.parse(stdout) as ReplayReport;
      const { applied, refused } = outcomesOf(sharedText(EXPECTED), REPLAYED);
      expect(applied).toBeGreaterThan(REPLAYED / 2);
      expect(report).toMatchObject({
        submitted: REPLAYED,
        final: applied,
        lost: 0,
        duplicated: 0,
        sendersMatched: REPLAYED,
        hashesMatched: REPLAYED,
        valueConserved: true,
        faults: [],
      });
      expect(report.rejected).toEqual(refused);
      expect(report.shards.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
      expect(report.certificatesVerified).toBeGreaterThan(0);
    },
  );
});

function pathOf(shared: string): string {
  return fileURLToPath(new URL(`../../../shared/data/${shared}`, import.meta.url));
}

/**
 * What must become of the first rows: no creations, no types 3 and 4; a sender begins with the nonce of its first row that is
 * neither, and each further one must have the next.
 */
function outcomesOf(csv: string, count: number): { applied: number; refused: Record<string, number> } {
  const [header, ...rows] = csv.trim().split("\n");
  const columns = header!.split(",");
  const next = new Map<string, number>();
  const refused: Record<string, number> = {};
  let applied = 0;
  for (const row of rows.slice(0, count)) {
    const values = row.split(",");
    const column = (name: string) => values[columns.indexOf(name)]!;
    const [from, nonce] = [column("from"), Number(column("nonce"))];
    const due = next.get(from) ?? nonce;
    let code = "";
    if (column("type") === "3") code = "BLOB_UNSUPPORTED";
    else if (column("type") === "4") code = "SET_CODE_UNSUPPORTED";
    else if (column("to") === "") code = "CREATION_UNSUPPORTED";
    else if (nonce !== due) code = nonce > due ? "NONCE_GAP" : "NONCE_USED";
    if (code !== "") refused[code] = (refused[code] ?? 0) + 1;
    else {
      applied++;
      next.set(from, due + 1);
    }
  }
  return { applied, refused };
}
