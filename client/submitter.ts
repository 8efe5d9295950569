import type { RejectCode } from "../ledger/reject-reasons.js";
import { authenticate, decodeTransaction, transactionIdOf } from "../ledger/transaction/index.js";
import { Schemas } from "../runtime/kafka/schemas.js";
import type { ConnectedTopics } from "../runtime/proofs/connect.js";
import { Publisher } from "../runtime/session/publisher.js";
import type { SignedTransaction } from "../schemas/generated.js";

/** A transaction that the topic has: nothing is decided yet. */
export interface Submitted {
  readonly ok: true;
  /** 32 bytes. */
  readonly transactionId: Buffer;
  /** Where it is in the topic transactions. */
  readonly partition: number;
  readonly offset: number;
}

/** A transaction that `validate` would reject, and so was not published. */
export interface SubmitRefusal {
  readonly ok: false;
  readonly code: RejectCode;
  readonly message: string;
}

/** Publishes signed transactions, keyed by their sender. Looks up the schema's id once, with the first. */
export class Submitter {
  private publisher: Promise<Publisher> | undefined;

  constructor(
    private readonly topics: Pick<ConnectedTopics, "kafka" | "network">,
    private readonly registry: string,
  ) {}

  async submit(transaction: SignedTransaction): Promise<Submitted | SubmitRefusal> {
    const decoded = decodeTransaction(transaction, this.topics.network.rules);
    const authentic = decoded.ok ? authenticate(transaction, decoded.transaction) : decoded;
    if (!authentic.ok) {
      const { code, detail } = authentic.refusal;
      return { ok: false, code, message: detail };
    }
    this.publisher ??= this.open().catch((error: unknown) => {
      // Another try may find the registry back.
      this.publisher = undefined;
      throw error;
    });
    const publisher = await this.publisher;
    const submission = await publisher.publish(authentic.sender, transaction);
    return { ok: true, transactionId: transactionIdOf(transaction), ...submission };
  }

  async close(): Promise<void> {
    await (await this.publisher?.catch(() => undefined))?.close();
  }

  private async open(): Promise<Publisher> {
    const { kafka } = this.topics;
    const { network, sourcePartitions } = this.topics.network.genesis;
    const ids = await new Schemas(this.registry).lookUpAll(network);
    return new Publisher(kafka, network, ids.get("transactions")!, sourcePartitions);
  }
}
