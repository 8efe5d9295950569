import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { type ReplayTransaction, readTransactions, sendersOf } from "../../cli/replay/input.js";
import { DEFAULT_PARAMETERS } from "../../ledger/genesis/genesis.js";
import type { GenesisAccount } from "../../schemas/generated.js";
import type { Publication } from "./submitted.js";

/** Chain id of the Ethereum mainnet, which the real transactions are signed for. */
export const MAINNET = 1;

/** Real Ethereum transactions beside the checkout, not part of the project. */
const FILE = join(PROJECT_ROOT, "..", "shared", "data", "ethereum", "txs.tsv.gz");

/** Real transactions in their own order, once. */
export class RealTransactions {
  private at = 0;

  private constructor(private readonly transactions: readonly ReplayTransaction[]) {}

  /** The first `limit` of them; none, and `say` says so, where the file isn't there. */
  static read(limit: number, say: (line: string) => void): RealTransactions {
    if (!existsSync(FILE)) {
      say("no real transactions: ../shared/data/ethereum/txs.tsv.gz is absent; generated ones only");
      return new RealTransactions([]);
    }
    const { transactionBytesMax } = DEFAULT_PARAMETERS;
    const rules = { chainId: MAINNET, transactionBytesMax, allowUnprotected: true };
    return new RealTransactions(readTransactions(FILE, rules).slice(0, limit));
  }

  /** Accounts that they need at genesis. */
  accounts(): GenesisAccount[] {
    return sendersOf(this.transactions);
  }

  get left(): number {
    return this.transactions.length - this.at;
  }

  next(): Publication | undefined {
    const found = this.transactions[this.at];
    if (!found) return undefined;
    this.at++;
    const { transaction, sender } = found;
    return {
      queue: sender?.toString("hex") ?? "",
      key: sender ?? null,
      content: { transaction },
      sender,
      expectation: { kind: "any" },
    };
  }
}
