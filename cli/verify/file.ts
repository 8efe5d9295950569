import { readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { formatRus } from "../../ledger/amount.js";
import {
  type Claim,
  type Expectation,
  PROOF_FILE_BYTES_MAX,
  parseTrust,
  TRUST_CHARACTERS_MAX,
  type Trust,
  type Verdict,
  verifyProofFile,
} from "../../verifier/index.js";
import { EXIT } from "../failure.js";

/** `rustorium verify FILE`: checks a proof offline, with nothing but the file and the validators' keys. */
export function fileCommand(verify: Command): void {
  verify
    .command("file <file>", { isDefault: true })
    .description("check a proof file offline: `rustorium verify FILE --trust validators.json`")
    .requiredOption("--trust <file>", "the network's validators, as `rustorium trust` writes them")
    .option("--account <hex>", "the proof must be of this account (20 bytes)")
    .option("--transaction <hex>", "the proof must be of this transaction (32 bytes)")
    .option("--shard <number>", "the proof must be of this shard")
    .option("--minimum-height <number>", "the proof must be of this height or a later one")
    .option("--json", "print one JSON object")
    .action((file: string, flags: Record<string, unknown>) => {
      const trust = readTrust(String(flags.trust));
      const bytes = readBounded(file, PROOF_FILE_BYTES_MAX + 1);
      const verdict = verifyProofFile(bytes, trust, expectationOf(flags));
      process.stdout.write(flags.json === true ? `${jsonOf(verdict)}\n` : `${linesOf(verdict).join("\n")}\n`);
      process.exit(verdict.ok ? EXIT.ok : EXIT.wrong);
    });
}

/** One byte more than is taken is read, so that what is too long is refused as such, and no more. */
function readBounded(file: string, bytesMax: number): Uint8Array {
  if (statSync(file).size > bytesMax) return new Uint8Array(bytesMax);
  return new Uint8Array(readFileSync(file));
}

function readTrust(file: string): Trust {
  const bytes = readBounded(file, TRUST_CHARACTERS_MAX + 1);
  const parsed = parseTrust(new TextDecoder().decode(bytes));
  if (!parsed.ok) throw Object.assign(new Error(`${file}: ${parsed.message}`), { code: "BAD_TRUST" });
  return parsed.trust;
}

function expectationOf(flags: Record<string, unknown>): Expectation {
  return {
    ...(flags.account !== undefined && { account: bytesOf(flags.account, 20) }),
    ...(flags.transaction !== undefined && { transactionId: bytesOf(flags.transaction, 32) }),
    ...(flags.shard !== undefined && { shard: wholeOf(flags.shard) }),
    ...(flags.minimumHeight !== undefined && { minimumHeight: wholeOf(flags.minimumHeight) }),
  };
}

function bytesOf(flag: unknown, bytes: number): Uint8Array {
  const text = String(flag).replace(/^0x/, "");
  if (!new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`).test(text))
    throw Object.assign(new Error(`not ${bytes} bytes in hex: ${text.slice(0, 80)}`), { code: "BAD_USAGE" });
  return new Uint8Array(Buffer.from(text, "hex"));
}

function wholeOf(flag: unknown): number {
  const number = Number(flag);
  if (!Number.isSafeInteger(number) || number < 0)
    throw Object.assign(new Error(`not a whole number: ${flag}`), { code: "BAD_USAGE" });
  return number;
}

function jsonOf(verdict: Verdict): string {
  return JSON.stringify(verdict, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function linesOf(verdict: Verdict): string[] {
  if (!verdict.ok) return [`refused: ${verdict.code}`, verdict.message];
  const { claim } = verdict;
  return [`proved: ${sentenceOf(claim)}`, ...certifiedLines(claim)];
}

function sentenceOf(claim: Claim): string {
  switch (claim.kind) {
    case "account": {
      const { account, state } = claim;
      if (!state) return `account ${account} has nothing`;
      return `account ${account} has ${formatRus(state.balance)} RUS, nonce ${state.nonce}, ${formatRus(state.escrowed)} RUS in escrow`;
    }
    case "transaction": {
      const { kind, code, amount } = claim.receipt;
      return `transaction ${claim.transactionId} is final: ${kind}${code === "" ? "" : ` ${code}`}, ${formatRus(amount)} RUS`;
    }
    case "record":
      return `this record of ${claim.topic} is the one that was certified`;
    case "shard": {
      const { stateRoot, globalRoot, mainChain } = claim;
      return `the state root ${stateRoot} is in the global root ${globalRoot} of the main chain's block ${mainChain.height}`;
    }
  }
}

function certifiedLines(claim: Claim): string[] {
  const { shard, height, block, time, signedStake, totalStake, genesis } = claim;
  return [
    `shard ${shard}, height ${height}, ${new Date(time).toISOString()}, block ${block}`,
    `signed by ${signedStake} of ${totalStake} RUS of stake, network ${genesis}`,
  ];
}
