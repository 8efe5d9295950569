import { transactionIdOf } from "../../ledger/transaction/index.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { Broker } from "../kafka/broker.js";
import type { Random } from "../kernel/random.js";
import type { Scheduler } from "../kernel/scheduler.js";
import type { Model } from "../model/model.js";
import type { Terms } from "../model/terms.js";
import { ONE, type TestNetwork, type Wallet } from "./network.js";
import { SCHEMA_IDS } from "./topics.js";

/** How much is submitted, and over what time. */
export interface LoadPlan {
  readonly transactions: number;
  /** In milliseconds. */
  readonly durationMs: number;
}

/** More than any wallet has. */
const TOO_MUCH = 10n ** 30n;
/** How far ahead a transaction's limit in time is at least, in milliseconds. */
const VALID_MS_MIN = 200;
const VALID_MS_MAX = 20_000;
/** Gas of a transfer without data. */
const TRANSFER_GAS = 21_000n;

interface Payment {
  readonly to: Wallet;
  readonly amount: bigint;
  readonly gasPrice: bigint;
  /** In milliseconds since 1970; 0: no limit. */
  readonly validUntil: number;
}
const NO_PRICE = { gasPrice: 0n, validUntil: 0 };

/** Producers: submits transactions of all kinds at random times, and tells the model what each was meant to be. */
export class Load {
  private readonly topic: string;
  private last: { value: Buffer; key: Buffer; terms: Omit<Terms, "priority"> } | undefined;

  constructor(
    private readonly net: TestNetwork,
    private readonly broker: Broker,
    private readonly model: Model,
    private readonly scheduler: Scheduler,
    private readonly random: Random,
  ) {
    this.topic = topicOnCluster(net.network.genesis.network, "transactions");
  }

  /** Transactions come in bursts and alone; each at its own time. */
  start({ transactions, durationMs }: LoadPlan): void {
    const bursts = Array.from({ length: 3 }, () => this.random.fraction() * durationMs);
    for (let index = 0; index < transactions; index++) {
      const atMs = this.random.chance(0.5)
        ? this.random.fraction() * durationMs
        : this.random.pick(bursts) + this.random.fraction() * 50;
      this.scheduler.after(atMs, "submit", () => {
        if (!this.broker.isDown) this.submit();
      });
    }
  }

  private submit(): void {
    const { random, net } = this;
    const from = random.pick(net.wallets);
    const to = random.pick(net.wallets);
    const nonce = from.nonce;
    const amount = random.chance(0.05)
      ? BigInt(random.between(100, 600)) * ONE
      : BigInt(1 + random.below(1_000_000)) * 10n ** 9n;
    const fields = { to, amount, gasPrice: BigInt(random.below(3)), validUntil: 0 };
    switch (random.below(24)) {
      case 0:
        this.refused(Buffer.from([0, 0, 0, 0, ownSchemaId(), random.below(256), 7]), from, "MALFORMED");
        return;
      case 1:
        this.refused(Buffer.from([0, 0, 0, 0, 200, random.below(256), 7]), from, "UNKNOWN_SCHEMA");
        return;
      case 2:
        this.repeat();
        return;
      case 3:
        this.pay(from, { ...fields, nonce: nonce + 1 + random.below(3) });
        return;
      case 4:
        this.pay(from, { ...fields, nonce, amount: TOO_MUCH });
        return;
      case 5:
        this.pay(from, { ...fields, nonce: random.below(nonce + 1) });
        return;
      case 6:
        this.refused(this.spoilt(from, fields), from, "BAD_SIGNATURE");
        return;
      case 7:
        this.refused(wireOf(from.pay(to, amount, { nonce })), keyOfNobody(from), "RECORD_KEY_MISMATCH");
        return;
      case 8:
        // It may expire, so the next one gets the same nonce: one of them is refused.
        this.pay(from, { ...fields, nonce, validUntil: this.soon() });
        return;
      default:
        this.pay(from, { ...fields, nonce: from.nonce++ });
    }
  }

  private soon(): number {
    return Math.floor(this.scheduler.nowMs) + this.random.between(VALID_MS_MIN, VALID_MS_MAX);
  }

  private pay(from: Wallet, fields: Payment & { readonly nonce: number }): void {
    const { to, amount, gasPrice, nonce } = fields;
    // Ethereum transactions have no limit in time.
    const validUntil = from.scheme === "ED25519" ? fields.validUntil : 0;
    const transaction = from.pay(to, amount, {
      nonce,
      gasPrice,
      ...(from.scheme === "ED25519" && { validUntil }),
    });
    const terms = {
      transactionId: transactionIdOf(transaction),
      sender: from.account,
      recipient: to.account,
      amount,
      nonce,
      fee: TRANSFER_GAS * gasPrice,
      validUntil,
    };
    this.last = { value: wireOf(transaction), key: from.account, terms };
    this.repeat();
  }

  /** The last transfer, once more where it was published before. */
  private repeat(): void {
    if (!this.last) return;
    const { value, key, terms } = this.last;
    this.model.submitted({ kind: "transfer", ...this.publish(value, key), ...terms });
  }

  /** One bit of R is another. */
  private spoilt(from: Wallet, { to, amount }: Payment): Buffer {
    if (from.scheme !== "ED25519") return this.spoilt(this.net.wallets[0]!, { to, amount, ...NO_PRICE });
    const transaction = from.pay(to, amount, { nonce: from.nonce });
    const signature = Buffer.from(transaction.signature);
    signature[this.random.below(30)]! ^= 1 << this.random.below(8);
    return wireOf({ ...transaction, signature });
  }

  private refused(value: Buffer, from: Pick<Wallet, "account">, code: string): void {
    this.model.submitted({ kind: "rejected", code, ...this.publish(value, from.account) });
  }

  private publish(value: Buffer, key: Buffer): { partition: number; offset: number } {
    const partition = this.broker.partitionOf(this.topic, key);
    return { partition, offset: this.broker.append(this.topic, partition, { key, value }) };
  }
}

function ownSchemaId(): number {
  return SCHEMA_IDS.get("transactions")!;
}

function wireOf(transaction: SignedTransaction): Buffer {
  return toWire(ownSchemaId(), codec("SignedTransaction").encode(transaction));
}

/** An account that isn't the wallet's. */
function keyOfNobody({ account }: Wallet): { account: Buffer } {
  const other = Buffer.from(account);
  other[0]! ^= 0xff;
  return { account: other };
}
