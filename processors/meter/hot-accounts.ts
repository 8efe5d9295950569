import type { HotAccount } from "../../schemas/generated.js";

/** Accounts that are counted at a time: one that sends more than a share of 1 in so many of the transactions is among them. */
const COUNTED_MAX = 64;
/** Accounts that are told. */
export const TOLD_MAX = 5;

/**
 * Finds the accounts that send most, in bounded memory (Space-Saving; Metwally, Agrawal, El Abbadi 2005). A count may be too
 * high, by what the account counted that it took the place of; never too low.
 */
export class HotAccounts {
  private readonly counts = new Map<string, number>();

  add(account: Buffer): void {
    const name = account.toString("latin1");
    const count = this.counts.get(name);
    if (count !== undefined || this.counts.size < COUNTED_MAX) {
      this.counts.set(name, (count ?? 0) + 1);
      return;
    }
    let rarest = "";
    let least = Number.POSITIVE_INFINITY;
    for (const [other, of] of this.counts) {
      if (of >= least) continue;
      rarest = other;
      least = of;
    }
    this.counts.delete(rarest);
    this.counts.set(name, least + 1);
  }

  /** Hands out those that were counted most, and begins anew. */
  take(): HotAccount[] {
    const told = [...this.counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, TOLD_MAX)
      .map(([name, transactions]) => ({ account: Buffer.from(name, "latin1"), transactions }));
    this.counts.clear();
    return told;
  }
}
