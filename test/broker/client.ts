import { followNotifications } from "../../runtime/session/follow.js";
import type { Following } from "../../runtime/session/follow.js";
import { Publisher } from "../../runtime/session/publisher.js";
import { type Tracked, Tracker } from "../../runtime/session/tracker.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { TRANSACTION_GAS } from "../../ledger/transaction/gas.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { seeded } from "../support/load.js";
import { INITIAL_BALANCE, type Wallet } from "../support/network.js";
import { until } from "./support.js";

/** What must become of a submission: taken in, across shards completed; or a code of a refusal. */
export type Outcome = "applied" | (string & {});

/** A transfer under way: how to change what `pay` signs. */
export interface PayChange {
  readonly nonce?: number;
  readonly gasPrice?: bigint;
}

/**
 * A producer: publishes, follows its submissions to their last status, and keeps a model of what the balances must be.
 * The model knows neither blocks nor shards.
 */
export class Client {
  readonly tracker = new Tracker();
  private readonly expected = new Map<string, Outcome>();
  private readonly changes = new Map<Wallet, bigint>();
  private readonly sent: Promise<unknown>[] = [];

  private constructor(
    private readonly publisher: Publisher,
    private readonly following: Following,
  ) {}

  static async open({ kafka, network, schemaIds }: OpenEnvironment): Promise<Client> {
    const { network: name, sourcePartitions } = network.genesis;
    const publisher = new Publisher(kafka, name, schemaIds.get("transactions")!, sourcePartitions);
    const client: Client = new Client(
      publisher,
      await followNotifications(kafka, name, (event) => client.tracker.take(event, Date.now())),
    );
    return client;
  }

  /** Publishes any bytes; says what must become of them. */
  publishBytes(key: Buffer | null, value: Buffer | null, outcome: Outcome): Promise<void> {
    return this.note(this.publisher.publishBytes(key, value), outcome);
  }

  publish(key: Buffer | null, transaction: SignedTransaction, outcome: Outcome): Promise<void> {
    return this.note(this.publisher.publish(key, transaction), outcome);
  }

  private note(acknowledged: ReturnType<Publisher["publish"]>, outcome: Outcome): Promise<void> {
    const sentMs = Date.now();
    const noted = acknowledged.then((submission) => {
      this.expected.set(`${submission.partition}:${submission.offset}`, outcome);
      this.tracker.submitted(submission, sentMs);
    });
    this.sent.push(noted);
    return noted;
  }

  /** A transfer that must succeed. */
  pay(from: Wallet, to: Wallet, amount: bigint, { gasPrice = 0n }: PayChange = {}): SignedTransaction {
    const transaction = from.pay(to, amount, { gasPrice });
    void this.publish(from.account, transaction, "applied");
    this.moved(from, to, amount, BigInt(TRANSACTION_GAS) * gasPrice);
    return transaction;
  }

  /** Notes a transfer that was published otherwise and must succeed. */
  moved(from: Wallet, to: Wallet, amount: bigint, fee = 0n): void {
    this.changes.set(from, (this.changes.get(from) ?? 0n) - amount - fee);
    this.changes.set(to, (this.changes.get(to) ?? 0n) + amount);
  }

  balance(wallet: Wallet): bigint {
    return INITIAL_BALANCE + (this.changes.get(wallet) ?? 0n);
  }

  get ended(): number {
    return this.tracker.submissions.size - this.tracker.pending;
  }

  /** Publishes `count` transfers among the wallets, within and across shards, some of them with a fee. */
  async play(wallets: readonly Wallet[], count: number, perSecond: number, seed: number): Promise<void> {
    const chance = seeded(seed);
    const startMs = Date.now();
    for (let index = 0; index < count; index++) {
      const dueMs = startMs + (index * 1_000) / perSecond;
      if (dueMs > Date.now()) await new Promise((resolve) => setTimeout(resolve, dueMs - Date.now()));
      const from = wallets[chance(wallets.length)]!;
      const to = wallets[chance(wallets.length)]!;
      this.pay(from, to, BigInt(1 + chance(1_000_000)), { gasPrice: BigInt(chance(3)) });
    }
  }

  /** Waits until the broker has everything and each submission has its last status. */
  async settled(boundMs?: number): Promise<void> {
    await Promise.all(this.sent);
    await until(() => this.describePending(), () => this.tracker.pending === 0, boundMs);
  }

  private describePending(): string {
    const open = [...this.tracker.submissions.values()].filter(({ outcome }) => !outcome);
    const some = open.slice(0, 5).map(({ submission, preconfirmedMs, finalMs }) => {
      const stage = finalMs ? "final" : preconfirmedMs ? "pre-confirmed" : "published";
      return `${submission.partition}:${submission.offset} (${stage})`;
    });
    return `last status of ${open.length} of ${this.tracker.submissions.size}, e.g. ${some.join(", ")}`;
  }

  /** Submissions that ended otherwise than they must, in words. */
  surprises(): string[] {
    return Array.from(this.tracker.submissions, ([place, tracked]) => ({ place, tracked }))
      .filter(({ place, tracked }) => outcomeOf(tracked) !== this.expected.get(place))
      .map(({ place, tracked }) => `${place}: ${outcomeOf(tracked)} instead of ${this.expected.get(place)}`);
  }

  async close(): Promise<void> {
    await this.following.stop();
    await this.publisher.close();
  }
}

function outcomeOf({ outcome, code }: Tracked): Outcome | undefined {
  return outcome === "applied" ? "applied" : outcome && `${outcome} ${code}`;
}
