import { TRANSACTION_GAS } from "../../ledger/transaction/gas.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import type { Following } from "../../runtime/session/follow.js";
import { followNotifications } from "../../runtime/session/follow.js";
import { Publisher } from "../../runtime/session/publisher.js";
import { type Tracked, Tracker } from "../../runtime/session/tracker.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { seeded } from "../../simulator/kernel/random.js";
import { INITIAL_BALANCE, type Wallet } from "../../simulator/world/network.js";
import { until } from "./support.js";

/** What must become of a submission: "applied" (across shards: completed), or e.g. "refused NONCE_GAP"; "a|b": either. */
export type Outcome = string;

/** A transfer under way: how to change what `pay` signs. */
export interface PayChange {
  readonly nonce?: number;
  readonly gasPrice?: bigint;
}

/** What was published so far, what became of it, and what the balances must be. Knows neither blocks nor shards. */
class Model {
  readonly tracker = new Tracker();
  readonly expected = new Map<string, Outcome>();
  readonly changes = new Map<Wallet, bigint>();
  readonly sent: Promise<unknown>[] = [];
}

/** A producer: publishes, follows its submissions to their last status, and keeps a model of what must come of them. */
export class Client {
  private constructor(
    private readonly model: Model,
    private readonly publisher: Publisher,
    private readonly following: Following,
  ) {}

  /** @param earlier a closed client whose submissions this one goes on with, e.g. after a restart of the broker */
  static async open({ kafka, network, schemaIds }: OpenEnvironment, earlier?: Client): Promise<Client> {
    const { network: name, sourcePartitions } = network.genesis;
    const model = earlier?.model ?? new Model();
    const following = await followNotifications(kafka, name, (event) =>
      model.tracker.take(event, Date.now()),
    );
    const publisher = new Publisher(kafka, name, schemaIds.get("transactions")!, sourcePartitions);
    return new Client(model, publisher, following);
  }

  get tracker(): Tracker {
    return this.model.tracker;
  }

  /** Publishes any bytes; says what must become of them. */
  publishBytes(key: Buffer | null, value: Buffer | null, outcome: Outcome): Promise<Tracked> {
    return this.note(this.publisher.publishBytes(key, value), outcome);
  }

  publish(key: Buffer | null, transaction: SignedTransaction, outcome: Outcome): Promise<Tracked> {
    return this.note(this.publisher.publish(key, transaction), outcome);
  }

  private note(acknowledged: ReturnType<Publisher["publish"]>, outcome: Outcome): Promise<Tracked> {
    const sentMs = Date.now();
    const noted = acknowledged.then((submission) => {
      this.model.expected.set(`${submission.partition}:${submission.offset}`, outcome);
      return this.tracker.submitted(submission, sentMs);
    });
    this.model.sent.push(noted);
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
    this.model.changes.set(from, (this.model.changes.get(from) ?? 0n) - amount - fee);
    this.model.changes.set(to, (this.model.changes.get(to) ?? 0n) + amount);
  }

  balance(wallet: Wallet): bigint {
    return INITIAL_BALANCE + (this.model.changes.get(wallet) ?? 0n);
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
    await Promise.all(this.model.sent);
    await until(
      () => this.describePending(),
      () => this.tracker.pending === 0,
      boundMs,
    );
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
      .filter(
        ({ place, tracked }) => !this.model.expected.get(place)?.split("|").includes(outcomeOf(tracked)),
      )
      .map(
        ({ place, tracked }) =>
          `${place}: ${outcomeOf(tracked)} instead of ${this.model.expected.get(place)}`,
      );
  }

  async close(): Promise<void> {
    await this.following.stop();
    await this.publisher.close();
  }
}

/** "applied", "refused CODE", … */
export function outcomeOf({ outcome, code = "" }: Tracked): Outcome {
  return `${outcome ?? "pending"} ${code}`.trimEnd();
}
