import type { Network } from "../../ledger/genesis/genesis.js";
import type { RejectCode } from "../../ledger/reject-reasons.js";
import { accountKey } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { signEthereum, signTransfer } from "../../ledger/transaction/index.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { readState } from "../../runtime/session/audit.js";
import { followNotifications } from "../../runtime/session/follow.js";
import { Publisher, type Submission } from "../../runtime/session/publisher.js";
import { type Tracked, Tracker } from "../../runtime/session/tracker.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { waitFor } from "../wait.js";
import { BAD_ED25519_SENDER, DEMONSTRATION_SENDERS, type DemonstrationAccount } from "./accounts.js";
import { badCases } from "./bad-cases.js";

/** Good transactions of the demonstration. */
export const DEMONSTRATION_TRANSACTIONS = 1_000;
const PER_SECOND = 200;
/** Without any transaction ending for this long, those left count as lost, in milliseconds. */
const STALL_MS = 30_000;
const GAS_LIMIT = 100_000;

/** A published record and what must become of it: "" is taken in. */
export interface Demonstrated {
  readonly tracked: Tracked;
  readonly expected: RejectCode | "";
}

/** What the demonstration load came to. */
export interface DemonstrationResult {
  readonly demonstrated: readonly Demonstrated[];
  readonly tracker: Tracker;
  /** When this process saw the first final transaction, in milliseconds since 1970. */
  readonly firstFinalMs: number | undefined;
}

/** Plays the demonstration load: good transactions of both schemes, one of each bad case twice among them. */
export async function demonstrate(
  environment: OpenEnvironment,
  say: (line: string) => void,
): Promise<DemonstrationResult> {
  const { kafka, network, schemaIds } = environment;
  const nonces = await nextNonces(environment);
  const schemaId = schemaIds.get("transactions")!;
  const tracker = new Tracker();
  let firstFinalMs: number | undefined;
  const following = await followNotifications(kafka, network.genesis.network, (notification) => {
    if (notification.event === "FINAL") firstFinalMs ??= Date.now();
    tracker.take(notification, Date.now());
  });
  const publisher = new Publisher(kafka, network.genesis.network, schemaId, network.genesis.sourcePartitions);
  const demonstrated: Promise<Demonstrated>[] = [];
  const publish = (
    key: Buffer | null,
    value: Buffer | null,
    expected: RejectCode | "",
  ): Promise<Submission> => {
    const sentMs = Date.now();
    const published = publisher.publishBytes(key, value);
    demonstrated.push(
      published.then((submission) => ({ tracked: tracker.submitted(submission, sentMs), expected })),
    );
    return published;
  };
  const wire = (transaction: SignedTransaction) =>
    toWire(schemaId, codec("SignedTransaction").encode(transaction));

  // One good transaction of the bad cases' account, so that its nonce can be used twice.
  const badNonce = nonces(BAD_ED25519_SENDER.id);
  await publish(BAD_ED25519_SENDER.id, wire(transfer(network, BAD_ED25519_SENDER, 0, badNonce)), "");
  const cases = badCases({
    schemaId,
    transactionBytesMax: network.rules.transactionBytesMax,
    nonce: badNonce + 1,
  });
  const bad = [...cases, ...cases];
  const startMs = Date.now();
  for (let index = 0; index < DEMONSTRATION_TRANSACTIONS; index++) {
    const dueMs = startMs + (index * 1_000) / PER_SECOND;
    if (dueMs > Date.now()) await new Promise((resolve) => setTimeout(resolve, dueMs - Date.now()));
    const sender = DEMONSTRATION_SENDERS[index % DEMONSTRATION_SENDERS.length]!;
    void publish(sender.id, wire(transfer(network, sender, index, nonces(sender.id))), "");
    const wrong = index % Math.floor(DEMONSTRATION_TRANSACTIONS / bad.length) === 0 ? bad.pop() : undefined;
    if (wrong) void publish(wrong.key, wrong.value, wrong.code);
    if (index % PER_SECOND === PER_SECOND - 1)
      say(`published ${index + 1}, ended ${tracker.submissions.size - tracker.pending}`);
  }
  for (const wrong of bad) void publish(wrong.key, wrong.value, wrong.code);
  const all = await Promise.all(demonstrated);
  const untilMs = Date.now() + STALL_MS;
  await waitFor(() => tracker.pending === 0 || Date.now() > untilMs, 20);
  await following.stop();
  await publisher.close();
  return { demonstrated: all, tracker, firstFinalMs };
}

function transfer(
  network: Network,
  sender: DemonstrationAccount,
  index: number,
  nonce: number,
): SignedTransaction {
  const recipient = DEMONSTRATION_SENDERS[(index * 7 + 3) % DEMONSTRATION_SENDERS.length]!.id;
  const { chainId } = network.genesis;
  const amount = BigInt(index + 1) * 1_000_000n;
  if (sender.scheme === "ed25519") {
    return signTransfer(
      { chainId, recipient, amount, nonce, gasLimit: GAS_LIMIT, gasPrice: 1n },
      sender.keyPair,
    );
  }
  const fields = { chainId, recipient, amount, nonce, gasLimit: GAS_LIMIT };
  return index % 2 === 0
    ? signEthereum({ ...fields, type: "legacy", gasPrice: 1n }, sender.privateKey)
    : signEthereum({ ...fields, type: "feeMarket", feeMax: 3n, priorityFeeMax: 1n }, sender.privateKey);
}

/** Counts up each account's nonces from where the certified state has them. */
async function nextNonces({ network, reader }: OpenEnvironment): Promise<(account: Buffer) => number> {
  const next = new Map<string, number>();
  for (const { shard } of network.topology.shards) {
    const { values } = await readState(network, reader, shard);
    for (const { id } of [...DEMONSTRATION_SENDERS, BAD_ED25519_SENDER]) {
      const account = asAccount(values.get(accountKey(id)));
      if (account) next.set(id.toString("hex"), account.nonce);
    }
  }
  return (account) => {
    const key = account.toString("hex");
    const nonce = next.get(key) ?? 0;
    next.set(key, nonce + 1);
    return nonce;
  };
}
