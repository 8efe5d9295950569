import { DEMONSTRATION_SENDERS, type DemonstrationAccount } from "../../cli/start/accounts.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { TRANSACTION_GAS } from "../../ledger/transaction/gas.js";
import { signEthereum, signTransfer } from "../../ledger/transaction/index.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import type { Chance } from "../../simulator/kernel/random.js";
import { pick } from "../schedule/random.js";
import type { Publication } from "./submitted.js";

const AMOUNT_MAX = 1_000_000;
const GAS_PRICE_MAX = 3;

/** Transfers among accounts whose keys anyone can derive, each of which must take effect; and what they must lead to. */
export class GeneratedTransfers {
  private readonly nonces = new Map<DemonstrationAccount, number>();
  private readonly changes = new Map<DemonstrationAccount, bigint>();

  constructor(
    private readonly network: Network,
    private readonly chance: Chance,
  ) {}

  next(): Publication {
    const sender = pick(DEMONSTRATION_SENDERS, this.chance);
    const recipient = pick(DEMONSTRATION_SENDERS, this.chance);
    const amount = BigInt(1 + this.chance(AMOUNT_MAX));
    const gasPrice = BigInt(this.chance(GAS_PRICE_MAX));
    const nonce = this.nonces.get(sender) ?? 0;
    this.nonces.set(sender, nonce + 1);
    this.change(sender, -amount - gasPrice * BigInt(TRANSACTION_GAS));
    this.change(recipient, amount);
    return {
      queue: sender.id.toString("hex"),
      key: sender.id,
      content: { transaction: this.sign(sender, recipient.id, amount, nonce, gasPrice) },
      sender: sender.id,
      expectation: { kind: "applied" },
    };
  }

  private sign(
    sender: DemonstrationAccount,
    recipient: Buffer,
    amount: bigint,
    nonce: number,
    gasPrice: bigint,
  ): SignedTransaction {
    const { chainId } = this.network.genesis;
    const fields = { chainId, recipient, amount, nonce, gasLimit: TRANSACTION_GAS };
    return sender.scheme === "ed25519"
      ? signTransfer({ ...fields, gasPrice }, sender.keyPair)
      : signEthereum({ ...fields, type: "legacy", gasPrice }, sender.privateKey);
  }

  private change(account: DemonstrationAccount, by: bigint): void {
    this.changes.set(account, (this.changes.get(account) ?? 0n) + by);
  }

  /** Nonce and change of balance that each account must have in the end. */
  *expected(): Generator<{ readonly id: Buffer; readonly nonce: number; readonly change: bigint }> {
    for (const account of DEMONSTRATION_SENDERS) {
      const nonce = this.nonces.get(account) ?? 0;
      yield { id: account.id, nonce, change: this.changes.get(account) ?? 0n };
    }
  }
}
