import type { LoadGenerator, LoadTransaction } from "./load.js";

/** Where a client takes its transactions from. */
export interface LoadSource {
  /** The next ones, at most so many; fewer: it is empty. */
  take(count: number): readonly LoadTransaction[];
}

/** Transactions that were signed beforehand, so that signing takes nothing from what is measured. */
export class SignedPool implements LoadSource {
  /** Signs when it is empty: for loads that are too long to be kept. */
  endless = false;
  private transactions: LoadTransaction[] = [];
  private at = 0;

  constructor(private readonly generator: LoadGenerator) {}

  /** Replaces what is left by so many new ones. */
  sign(count: number): void {
    this.giveBack();
    this.transactions = Array.from({ length: count }, () => this.generator.next());
  }

  take(count: number): readonly LoadTransaction[] {
    const taken = this.transactions.slice(this.at, this.at + count);
    this.at += taken.length;
    while (this.endless && taken.length < count) taken.push(this.generator.next());
    return taken;
  }

  /** Forgets what was signed and never taken: its nonces are free again. */
  giveBack(): void {
    this.generator.takeBack(this.transactions.slice(this.at));
    this.transactions = [];
    this.at = 0;
  }
}
