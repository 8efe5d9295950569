import { sha256 } from "../../ledger/crypto/hash.js";
import { codec } from "../../schemas/codec.js";
import type {
  BlockHeader,
  CrossShardBundle,
  FinalityCertificate,
  Notification,
  Receipt,
  ReceiptResult,
  RecordTypes,
  SignedTransaction,
  StateChange,
  TransferBody,
  UserTransaction,
  ValidatorSignature,
  Vote,
} from "../../schemas/generated.js";

/** Values of one record type, as the hot path has them. */
export interface CodecSample {
  readonly title: string;
  readonly name: keyof RecordTypes;
  readonly values: readonly unknown[];
}

const COUNT = 16;
const RUS = 10n ** 18n;
const NOW = 1_700_000_000_000;
const ETHEREUM_BODY_BYTES = 200;
const MESSAGES = 20;
const VALIDATORS = 4;

export function codecSamples(): CodecSample[] {
  return [
    sample("LogEntry, Ed25519", "LogEntry", (seed) => logEntry(seed, ed25519(seed))),
    sample("LogEntry, Ethereum", "LogEntry", (seed) => logEntry(seed, ethereum(seed))),
    sample("ValidatedTransaction", "ValidatedTransaction", (seed) => published(seed, ed25519(seed))),
    sample("TransferBody", "TransferBody", transfer),
    sample("ReceiptResult", "ReceiptResult", result),
    sample("StateChange of an account", "StateChange", stateChange),
    sample("Receipt", "Receipt", receipt),
    sample("Notification", "Notification", notification),
    sample("Vote", "Vote", vote),
    sample("FinalityCertificate", "FinalityCertificate", certificate),
    sample(`CrossShardBundle of ${MESSAGES} messages`, "CrossShardBundle", bundle),
  ];
}

function sample<K extends keyof RecordTypes>(
  title: string,
  name: K,
  make: (seed: number) => RecordTypes[K],
): CodecSample {
  return { title, name, values: Array.from({ length: COUNT }, (_, seed) => make(seed)) };
}

const hash = (seed: number, what: string) => sha256(Buffer.from(`${what} ${seed}`));
const account = (seed: number, what: string) => hash(seed, what).subarray(0, 20);
const signature = (seed: number, what: string) => Buffer.concat([hash(seed, what), hash(seed, `${what}'`)]);
/** From thousandths to thousands. */
const amount = (seed: number) => (BigInt(1 + seed) * RUS * 10n ** BigInt(seed % 7)) / 1_000n;

function transfer(seed: number): TransferBody {
  return {
    ...{ chainId: 1_337, sender: account(seed, "sender"), recipient: account(seed, "recipient") },
    ...{ amount: amount(seed), nonce: 5 * seed, gasLimit: 21_000, gasPrice: 10n ** 9n },
    ...{ validUntil: NOW + 60_000, priority: "MEDIUM", data: Buffer.alloc(seed % 3 === 0 ? 100 : 0, 1) },
  };
}

function ed25519(seed: number): SignedTransaction {
  const body = codec("TransferBody").encode(transfer(seed));
  return {
    ...{ scheme: "ED25519", body, publicKey: hash(seed, "key") },
    signature: signature(seed, "transaction"),
  };
}

function ethereum(seed: number): SignedTransaction {
  const nothing = Buffer.alloc(0);
  const body = Buffer.alloc(ETHEREUM_BODY_BYTES, signature(seed, "raw"));
  return { scheme: "ETHEREUM", body, publicKey: nothing, signature: nothing };
}

function published(seed: number, transaction: SignedTransaction): UserTransaction {
  return {
    ...{ sourcePartition: seed % 4, sourceOffset: 1_000_000 + seed, submittedAt: NOW + seed },
    ...{ sender: account(seed, "sender"), transactionId: hash(seed, "id"), transaction },
    mac: hash(seed, "mac"),
  };
}

function logEntry(seed: number, transaction: SignedTransaction): RecordTypes["LogEntry"] {
  return { entry: { "rustorium.UserTransaction": published(seed, transaction) } };
}

function result(seed: number): ReceiptResult {
  const isRefused = seed % 8 === 0;
  return {
    ...{ sequence: 1_000_000 + seed, kind: isRefused ? "REFUSED" : "TRANSFER" },
    ...{ code: isRefused ? "INSUFFICIENT_BALANCE" : "", transactionId: hash(seed, "id") },
    ...{ sender: account(seed, "sender"), recipient: account(seed, "recipient"), amount: amount(seed) },
    ...{ fee: 21_000n * 10n ** 9n, sourcePartition: seed % 4, sourceOffset: 1_000_000 + seed },
    submittedAt: NOW + seed,
  };
}

function stateChange(seed: number): StateChange {
  const state = { balance: 1_000n * RUS + amount(seed), nonce: 5 * seed, escrowed: 0n };
  const key = Buffer.concat([hash(seed, "placement"), Buffer.of(1), account(seed, "sender")]);
  return { key, value: { "rustorium.AccountState": state } };
}

function receipt(seed: number): Receipt {
  const digest = hash(seed, "digest");
  return { shard: 1, height: 12_345, digest, index: seed, count: 500, result: result(seed) };
}

function notification(seed: number): Notification {
  return {
    ...{ account: account(seed, "sender"), event: "PRE_CONFIRMED", applied: true, code: "" },
    ...{ transactionId: hash(seed, "id"), crossShard: false, shard: 1, height: 12_345 },
    ...{ sourcePartition: seed % 4, sourceOffset: 1_000_000 + seed, submittedAt: NOW, at: NOW + 200 },
  };
}

function header(seed: number): BlockHeader {
  return {
    ...{ genesis: hash(0, "genesis"), shard: 1, height: 12_345, parent: hash(seed, "parent") },
    ...{ firstSequence: 1_000_000, lastSequence: 1_000_499, time: NOW, epoch: 0 },
    ...{ entriesRoot: hash(seed, "entries"), receiptsRoot: hash(seed, "receipts") },
    ...{ changesRoot: hash(seed, "changes"), messagesRoot: hash(seed, "messages") },
    isLast: false,
  };
}

function signatures(seed: number): ValidatorSignature[] {
  return Array.from({ length: VALIDATORS }, (_, index) => {
    const validator = index + 1;
    return { validator, signature: signature(seed, `vote ${validator}`) };
  });
}

function vote(seed: number): Vote {
  return { validator: 1 + (seed % VALIDATORS), header: header(seed), signature: signature(seed, "vote") };
}

function certificate(seed: number): FinalityCertificate {
  return {
    ...{ header: header(seed), digest: hash(seed, "digest"), signatures: signatures(seed) },
    ...{ signedStake: 4_000_000, totalStake: 4_000_000 },
  };
}

function bundle(seed: number): CrossShardBundle {
  const messages = Array.from({ length: MESSAGES }, (_, index) => ({
    ...{ kind: "PREPARE" as const, transactionId: hash(index, `id ${seed}`), source: 1, destination: 2 },
    ...{ sender: account(index, "sender"), recipient: account(index, "recipient"), amount: amount(index) },
    ...{ deadline: NOW + 60_000, priority: "MEDIUM" as const, code: "" },
  }));
  return {
    ...{ header: header(seed), signatures: signatures(seed), destination: 2, channelSequence: 77, messages },
    ...{ priority: "MEDIUM" as const, change: null, isLast: false },
    ...{ leafIndex: 0, leafCount: 2, proof: [hash(seed, "proof")] },
  };
}
