import type { Network } from "../ledger/genesis/genesis.js";
import type { NoProof, ProofOutcome } from "../processors/proofs/outcome.js";
import type { ProvableTopic } from "../processors/proofs/prove-record.js";
import { type ConnectedTopics, connectNetwork } from "../runtime/proofs/connect.js";
import { type ProvedAccount, Prover } from "../runtime/proofs/prover.js";
import type { SignedTransaction } from "../schemas/generated.js";
import { type CertifiedAccount, CertifiedAccounts } from "./certified-accounts.js";
import { type SubmitRefusal, type Submitted, Submitter } from "./submitter.js";

/** Which network, and whom to trust for it. */
export interface ClientOptions {
  /** Kafka brokers, host:port. */
  readonly brokers: readonly string[];
  /** Base URL of the schema registry; needed to submit only. */
  readonly registry?: string;
  /** Name of the network; prefix of its topics. */
  readonly network: string;
  /** Content of a trust file; without it the cluster is trusted for the genesis. */
  readonly trust?: string;
  /** Told what is being done for a proof, a line at a time. */
  readonly say?: (line: string) => void;
}

/** Something was asked of a client that it wasn't opened for. */
export class ClientError extends Error {
  constructor(
    readonly code: "NO_REGISTRY" | "BAD_TRUST",
    message: string,
  ) {
    super(message);
    this.name = "ClientError";
  }
}

/**
 * Connects to a network and checks its genesis against the trust file.
 * @throws ClientError, GenesisError where the network has another genesis, or what kafkajs throws where nothing answers
 */
export async function openClient(options: ClientOptions): Promise<LedgerClient> {
  const genesisHash = options.trust === undefined ? undefined : genesisOf(options.trust);
  const topics = await connectNetwork(options.brokers, options.network, genesisHash, "rustorium-client");
  return new LedgerClient(topics, options);
}

/** A connection to a network. */
export class LedgerClient {
  private readonly accounts: CertifiedAccounts;
  private readonly prover: Prover;
  private readonly submitter: Submitter | undefined;

  /** Use `openClient`. */
  constructor(
    private readonly topics: ConnectedTopics,
    { registry, say }: Pick<ClientOptions, "registry" | "say">,
  ) {
    const { network, source } = topics;
    this.accounts = new CertifiedAccounts(network, source);
    this.prover = new Prover(network, source, say ? { say } : {});
    this.submitter = registry === undefined ? undefined : new Submitter(topics, registry);
  }

  /** The network, from its checked genesis. */
  get network(): Network {
    return this.topics.network;
  }

  /**
   * Publishes a signed transaction; resolves when the topic has it. What `validate` would reject is refused here already.
   * @throws ClientError without a registry
   */
  async submit(transaction: SignedTransaction): Promise<Submitted | SubmitRefusal> {
    if (!this.submitter) throw new ClientError("NO_REGISTRY", "the client was opened without a registry");
    return this.submitter.submit(transaction);
  }

  /**
   * What an account (20 bytes) has by shard.state now. It is as right as whoever may write that topic: for what must not
   * be believed use `readWithProof`.
   */
  read(account: Buffer): Promise<CertifiedAccount> {
    return this.accounts.read(account);
  }

  /**
   * What an account (20 bytes) has at the newest checkpoint, with a proof that stands alone. The first one in a shard
   * follows its state from the genesis.
   */
  readWithProof(account: Buffer): Promise<ProvedAccount | NoProof> {
    return this.prover.account(account);
  }

  /** Proves that a transaction (id of 32 bytes) is final, and what came of it. */
  proveTransaction(transactionId: Buffer): Promise<ProofOutcome> {
    return this.prover.transaction(transactionId);
  }

  /** Proves that a record is the one that validators certified. */
  proveRecord(topic: ProvableTopic, partition: number, offset: number): Promise<ProofOutcome> {
    return this.prover.record(topic, partition, offset);
  }

  async close(): Promise<void> {
    await this.submitter?.close();
    await this.topics.close();
  }
}

/** Genesis hash (32 bytes) in a trust file. Whether the rest of it makes sense is the verifier's to say. */
function genesisOf(trust: string): Buffer {
  try {
    const { format, genesis } = JSON.parse(trust) as { format?: unknown; genesis?: unknown };
    if (format === "rustorium-trust" && typeof genesis === "string" && /^[0-9a-f]{64}$/.test(genesis))
      return Buffer.from(genesis, "hex");
  } catch {
    // Said below.
  }
  throw new ClientError("BAD_TRUST", "the trust file is none");
}
