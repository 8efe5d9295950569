import type { FastifyBaseLogger } from "fastify";
import type { GenesisParameters, SignedTransaction } from "../schemas/generated.js";
import type { Views } from "./views/index.js";
import type { Submission } from "./views/meta.js";

/** A transaction on its way to the topic. */
export interface Publication {
  /** Kafka key: the sender's account id (20 bytes), so that its transactions stay in order; null where unknown. */
  readonly keyBytes: Buffer | null;
  readonly value: SignedTransaction;
}

/** What never changes while a network lives; from its genesis. */
export interface NetworkRules {
  /** Name of the network; prefix of its topics. */
  readonly network: string;
  /** Chain id that transactions are signed for. */
  readonly chainId: number;
  /** Hash of the genesis, 32 bytes. */
  readonly genesisHash: Buffer;
  /** Consensus module: hybrid-pos or solo. */
  readonly consensus: string;
  readonly parameters: GenesisParameters;
}

/** How a stage (or a validator) is doing. */
export interface StageHealth {
  /** Name of the stage, with the validator's where it has one: `execute`, `vote ada`. */
  readonly stage: string;
  readonly state: "starting" | "running" | "stopped" | "faulted";
  /** Records of its input that it has not taken in; left out where unknown. */
  readonly lagRecords?: number;
  /** A sentence for people, such as the reason of a fault. */
  readonly detail?: string;
}

/** How far the gateway's views are behind a topic's end. */
export interface ViewLag {
  readonly topic: string;
  readonly lagRecords: number;
}

/** What changes while a network lives and the views don't know. */
export interface LiveStatus {
  readonly stages: readonly StageHealth[];
  readonly viewLag: readonly ViewLag[];
}

/** Bounds of the gateway's own work. */
export interface GatewayLimits {
  /** Publications waiting for the broker at once; beyond it 503 OVERLOADED. */
  readonly publishesInFlightMax: number;
  /** Longest wait for the broker's acknowledgement, in milliseconds; beyond it 503 TOPIC_UNAVAILABLE. */
  readonly publishTimeoutMs: number;
  /** Longest wait for `status`, in milliseconds; beyond it GET /status answers without stage health. */
  readonly statusTimeoutMs: number;
}

export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = {
  publishesInFlightMax: 1_000,
  publishTimeoutMs: 10_000,
  statusTimeoutMs: 2_000,
};

/** Everything the gateway needs from outside; it knows nothing of Kafka clients. */
export interface GatewayOptions {
  /** Fed by the caller while the gateway runs; see `views/feed.ts`. */
  readonly views: Views;
  /** Publishes to `transactions`; resolves once the topic has the record, rejects when it may not have it. */
  readonly publish: (publication: Publication) => Promise<Submission>;
  /** Health of stages and lag of views. Called for every GET /status: what costs much should be kept for a while. */
  readonly status: () => LiveStatus | Promise<LiveStatus>;
  /** Called once, when the gateway is built. */
  readonly describeRules: () => NetworkRules;
  /** The account that signed (20 bytes); undefined where the bytes don't say. Left out: records get no key. */
  readonly senderOf?: (transaction: SignedTransaction) => Buffer | undefined;
  /** A pino logger; left out: silent. */
  readonly logger?: FastifyBaseLogger;
  readonly limits?: Partial<GatewayLimits>;
  /** Clock, in milliseconds since 1970; left out: Date.now. */
  readonly nowMs?: () => number;
}
