import type { Block } from "./block.js";
import { accountOf, isNegative } from "./faults.js";
import { AMOUNT_LIMIT, type ModelNetwork } from "./network.js";
import type { ReceiptKind, ReceiptResult } from "./records.js";
import type { StateValue } from "./state-records.js";
import type { Report } from "./violations.js";

/** What became of a transfer to another shard, in certified blocks. */
interface Transfer {
  readonly amount: bigint;
  /** Chain time of the block, in milliseconds since 1970. */
  readonly preparedAtMs: number;
  settledAtMs?: number;
  isInFlight: boolean;
  decided?: "FORWARDED" | "CANCELLED";
  arrived?: "CREDITED" | "CREDIT_REFUSED";
  settled?: "COMPLETED" | "REFUNDED";
}

/**
 * The certified blocks of all shards together, taken in so that the cut between them is always consistent: a block comes
 * after those that sent what it takes in. After each block all value must be there.
 */
export class Cut {
  readonly transfers = new Map<string, Transfer>();
  private readonly applied = new Set<string>();
  private readonly heights = new Map<number, number>();
  /** Certified blocks that wait for those that sent them a bundle, by shard, in order. */
  private readonly waiting = new Map<number, Block[]>();
  private balances: bigint;
  private escrows = 0n;
  /** Left its sender and neither arrived nor came back. */
  private inFlight = 0n;
  /** Left its sender, whose shard was not told yet what became of it. */
  private unsettled = 0n;

  /** Decisions on the shard tree while transfers were under way. */
  changesWithEscrow = 0;

  constructor(
    private readonly network: ModelNetwork,
    private readonly report: Report,
    /** Sees each block when it is its turn. */
    private readonly onTaken: (block: Block) => void = () => {},
  ) {
    this.balances = network.totalValue;
  }

  /** The next certified block of its shard. */
  certified(block: Block): void {
    const { shard } = block.header;
    const queue = this.waiting.get(shard);
    if (queue) queue.push(block);
    else this.waiting.set(shard, [block]);
    while (this.takeOne());
  }

  get waitingBlocks(): number {
    let count = 0;
    for (const queue of this.waiting.values()) count += queue.length;
    return count;
  }

  private takeOne(): boolean {
    for (const [shard, queue] of this.waiting) {
      const block = queue[0];
      if (!block?.after.every((from) => (this.heights.get(from.shard) ?? 0) >= from.height)) continue;
      queue.shift();
      this.heights.set(shard, block.header.height);
      this.take(block);
      this.onTaken(block);
      return true;
    }
    return false;
  }

  private take(block: Block): void {
    const where = `shard ${block.header.shard}, height ${block.header.height}`;
    const applications = new Map<string, number>();
    for (const receipt of block.receipts) {
      const { kind, sender } = receipt;
      if (kind === "TRANSFER" || kind === "PREPARED") {
        const { key } = this.network.homeOf(sender);
        applications.set(key, (applications.get(key) ?? 0) + 1);
        this.apply(receipt, where);
      }
      if (kind === "TOPOLOGY_CHANGED" && this.unsettled > 0n) this.changesWithEscrow++;
      if (!WITHIN_A_SHARD.has(kind)) this.advance(receipt, block.header.time, where);
    }
    for (const { key, before, value } of block.changes) {
      this.balances += (accountOf(value)?.balance ?? 0n) - (accountOf(before)?.balance ?? 0n);
      this.escrows += escrowOf(value) - escrowOf(before);
      if (isNegative(value)) this.report("nothing-negative", `${where}: a state value is below 0`);
      const account = accountOf(value);
      if (!account) continue;
      if (account.balance + account.escrowed >= AMOUNT_LIMIT) {
        this.report("bounded", `${where}: an account reaches 10^38`);
      }
      if (account.nonce - (accountOf(before)?.nonce ?? 0) !== (applications.get(key) ?? 0)) {
        this.report("nonces-contiguous", `${where}: a nonce moved by another number than was applied`);
      }
    }
    const total = this.balances + this.inFlight;
    if (total !== this.network.totalValue) {
      this.report("value-conserved", `${where}: ${total} of ${this.network.totalValue}`);
      this.balances -= total - this.network.totalValue;
    }
    if (this.escrows !== this.unsettled) {
      this.report("value-conserved", `${where}: ${this.escrows} in escrow for ${this.unsettled} unsettled`);
      this.escrows = this.unsettled;
    }
  }

  private apply({ transactionId }: ReceiptResult, where: string): void {
    const id = transactionId.toString("latin1");
    if (this.applied.has(id))
      this.report("applied-once", `${where}: ${transactionId.toString("hex")} was applied before`);
    this.applied.add(id);
  }

  /** A step of a transfer to another shard: each at most once, each after the one that it follows from. */
  private advance({ kind, transactionId, amount }: ReceiptResult, timeMs: number, where: string): void {
    const id = transactionId.toString("latin1");
    if (kind === "PREPARED") {
      this.transfers.set(id, { amount, preparedAtMs: timeMs, isInFlight: true });
      this.inFlight += amount;
      this.unsettled += amount;
      return;
    }
    const transfer = this.transfers.get(id);
    const wrong = (invariant: "both-or-neither" | "settled-once"): void =>
      this.report(invariant, `${where}: ${kind} of ${transactionId.toString("hex")}`);
    if (!transfer || transfer.amount !== amount) {
      wrong("both-or-neither");
      return;
    }
    if (kind === "FORWARDED" || kind === "CANCELLED") {
      if (transfer.decided) wrong("both-or-neither");
      transfer.decided = kind;
    } else if (kind === "CREDITED" || kind === "CREDIT_REFUSED") {
      if (transfer.arrived || transfer.decided !== "FORWARDED") wrong("both-or-neither");
      transfer.arrived = kind;
      if (kind === "CREDITED") this.land(transfer);
    } else if (kind === "COMPLETED" || kind === "REFUNDED") {
      if (transfer.settled) wrong("settled-once");
      else this.unsettled -= amount;
      if ((kind === "COMPLETED") !== (transfer.arrived === "CREDITED")) wrong("both-or-neither");
      transfer.settled = kind;
      transfer.settledAtMs = timeMs;
      if (kind === "REFUNDED") this.land(transfer);
    }
  }

  /** What arrives twice is in flight only once, so that the second time adds up to too much. */
  private land(transfer: Transfer): void {
    if (transfer.isInFlight) this.inFlight -= transfer.amount;
    transfer.isInFlight = false;
  }
}

/** Kinds of receipts that no other shard has to do with. */
const WITHIN_A_SHARD: ReadonlySet<ReceiptKind> = new Set([
  "TRANSFER",
  "REFUSED",
  "TOPOLOGY_CHANGED",
  "PROPOSAL_REFUSED",
]);

/** Kinds of receipts that end a transfer to another shard. */
export const SETTLEMENTS: ReadonlySet<ReceiptKind> = new Set(["COMPLETED", "REFUNDED"]);

function escrowOf(value: StateValue | null | undefined): bigint {
  return value?.is === "EscrowState" ? value.value.amount : 0n;
}
