import type { Network } from "../ledger/genesis/genesis.js";
import { trustFile } from "../ledger/genesis/trust-file.js";
import type { NoProof, ProofOutcome } from "../processors/proofs/outcome.js";
import type { ProvableTopic } from "../processors/proofs/prove-record.js";
import { type ConnectedTopics, connectNetwork } from "../runtime/proofs/connect.js";
import { Prover } from "../runtime/proofs/prover.js";
import type { ProvedAccount } from "../runtime/proofs/state-prover.js";
import type { SignedTransaction } from "../schemas/generated.js";
import {
  type Expectation,
  parseTrust,
  type Trust,
  type Verdict,
  verifyProofFile,
} from "../verifier/index.js";
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
  const { brokers, network } = options;
  const trust = options.trust === undefined ? undefined : trustOf(options.trust);
  const topics = await connectNetwork(
    brokers,
    network,
    trust && Buffer.from(trust.genesis),
    "rustorium-client",
  );
  return new LedgerClient(topics, trust ?? trustOf(trustFile(topics.network)), options);
}

/** A connection to a network. */
export class LedgerClient {
  private readonly accounts: CertifiedAccounts;
  private readonly prover: Prover;
  private readonly submitter: Submitter | undefined;

  /** Use `openClient`. */
  constructor(
    private readonly topics: ConnectedTopics,
    private readonly trust: Trust,
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

  /**
   * What a proof file proves to whoever trusts the validators of the trust file, or why nothing; without a trust file those
   * of the cluster's genesis are trusted. Never throws, whatever the bytes.
   * @param expect what was asked for: a file that proves something else is refused
   */
  verifyProof(bytes: Uint8Array, expect?: Expectation): Verdict {
    return verifyProofFile(bytes, this.trust, expect);
  }

  async close(): Promise<void> {
    await this.submitter?.close();
    await this.topics.close();
  }
}

function trustOf(text: string): Trust {
  const parsed = parseTrust(text);
  if (!parsed.ok) throw new ClientError("BAD_TRUST", parsed.message);
  return parsed.trust;
}
