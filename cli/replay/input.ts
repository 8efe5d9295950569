import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { authenticate, decodeTransaction, type TransactionRules } from "../../ledger/transaction/index.js";
import type { GenesisAccount, SignedTransaction } from "../../schemas/generated.js";

/** The file isn't what `replay` reads. */
export class ReplayInputError extends Error {
  readonly code = "BAD_REPLAY_FILE";
}

/** A transaction of the file. */
export interface ReplayTransaction {
  readonly transaction: SignedTransaction;
  /** Who signed it; undefined where it isn't one of ours to accept. */
  readonly sender: Buffer | undefined;
  readonly nonce: number | undefined;
}

/** Balance that the genesis gives each sender, in 10^-18 RUS: more than any of them spends. */
export const SENDER_BALANCE = 10n ** 30n;

function readText(path: string): string {
  const bytes = readFileSync(path);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8");
}

/**
 * Reads a file with one transaction a line: raw bytes in hex in the last of its tab-separated columns; gzip or plain.
 * Throws ReplayInputError naming the line.
 */
export function readTransactions(path: string, rules: TransactionRules): ReplayTransaction[] {
  const lines = readText(path).split("\n");
  const transactions: ReplayTransaction[] = [];
  lines.forEach((line, index) => {
    if (line === "") return;
    const hex = line.slice(line.lastIndexOf("\t") + 1).replace(/^0x/, "");
    if (hex.length === 0 || hex.length % 2 === 1 || !/^[0-9a-f]+$/i.test(hex)) {
      if (index === 0) return; // a header
      throw new ReplayInputError(`${path}, line ${index + 1}: no transaction in hex`);
    }
    const body = Buffer.from(hex, "hex");
    const transaction: SignedTransaction = {
      scheme: "ETHEREUM",
      body,
      publicKey: Buffer.alloc(0),
      signature: Buffer.alloc(0),
    };
    const decoded = decodeTransaction(transaction, rules);
    if (!decoded.ok) {
      transactions.push({ transaction, sender: undefined, nonce: undefined });
      return;
    }
    const authentic = authenticate(transaction, decoded.transaction);
    const sender = authentic.ok ? authentic.sender : undefined;
    transactions.push({ transaction, sender, nonce: decoded.transaction.nonce });
  });
  return transactions;
}

/** Accounts of a genesis that lets every sender begin with its first transaction that can be accepted. */
export function sendersOf(transactions: readonly ReplayTransaction[]): GenesisAccount[] {
  const accounts = new Map<string, GenesisAccount>();
  for (const { sender, nonce } of transactions) {
    if (!sender || nonce === undefined) continue;
    const key = sender.toString("hex");
    if (!accounts.has(key)) accounts.set(key, { account: sender, balance: SENDER_BALANCE, nonce });
  }
  return [...accounts.values()];
}

/** What is expected of a line. */
export interface Expected {
  readonly hash: string;
  readonly from: string;
}

/** Reads the CSV of expectations: columns hash and from (0x and hex), same order as the file. */
export function readExpected(path: string): Expected[] {
  const [header, ...rows] = readText(path).trim().split("\n");
  const columns = (header ?? "").split(",");
  const hash = columns.indexOf("hash");
  const from = columns.indexOf("from");
  if (hash < 0 || from < 0) throw new ReplayInputError(`${path}: no columns hash and from`);
  return rows.map((row) => {
    const values = row.split(",");
    return { hash: (values[hash] ?? "").slice(2), from: (values[from] ?? "").slice(2) };
  });
}
