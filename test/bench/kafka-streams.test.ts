import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { peerIsBuilt, readPeerStatus, startPeer } from "../../bench/peers/kafka-streams/index.js";
import { keyTopology } from "../../bench/peers/kafka-streams/keyed-load.js";
import { peerTopics } from "../../bench/peers/kafka-streams/topics.js";
import { accountIdOfEd25519 } from "../../ledger/address.js";
import { type KeyPair, keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { signTransfer, type TransferFields, transactionIdOf } from "../../ledger/transaction/index.js";
import { decideToolchain, detectToolchain } from "../../runtime/embedded/index.js";
import { connectKafka } from "../../runtime/kafka/client.js";
import { PartitionReader } from "../../runtime/kafka/partition-reader.js";
import { PlainWriter } from "../../runtime/kafka/plain-writer.js";
import { createMissing } from "../../runtime/kafka/topics.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { START_TIMEOUT_MS, TEST_TIMEOUT_MS, TestCluster, until } from "../broker/support.js";

const CHAIN_ID = 7;
const PARTITIONS = 4;
/** Enough for one fee at a price of 1, not for two. */
const GENESIS_BALANCE = 40_000n;
const INTRINSIC_GAS = 21_000n;
const ROUNDS = 10;

const keyPairs = Array.from({ length: 12 }, (_, index) => keyPairFromSeed(sha256(Buffer.of(index))));
const idOf = ({ publicKey }: KeyPair) => Buffer.from(accountIdOfEd25519(publicKey));
const { shardOf: partitionOf } = keyTopology(PARTITIONS);

const decision = decideToolchain(await detectToolchain(), { jarsPresent: peerIsBuilt(), wanted: "embedded" });
if (decision.mode === "none") console.warn(`skipped: ${decision.message}`);

/** A published record and how it has to end. */
interface Case {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly transaction: SignedTransaction | undefined;
  readonly expected: string;
}

/** Balances and nonces as they have to be, changed by each good transfer. */
class Expected {
  readonly accounts = new Map(
    keyPairs.map((pair) => [idOf(pair).toString("hex"), { balance: GENESIS_BALANCE, nonce: 0 }]),
  );
  fees = 0n;

  move(sender: Buffer, recipient: Buffer, amount: bigint, fee: bigint): void {
    const from = this.accounts.get(sender.toString("hex"))!;
    from.balance -= amount + fee;
    from.nonce++;
    this.accounts.get(recipient.toString("hex"))!.balance += amount;
    this.fees += fee;
  }
}

function makeCases(): { cases: Case[]; expected: Expected } {
  const cases: Case[] = [];
  const expected = new Expected();
  const add = (key: Buffer, transaction: SignedTransaction, ending: string) => {
    const value = toWire(1, codec("SignedTransaction").encode(transaction));
    cases.push({ key, value, transaction, expected: ending });
  };
  const signed = (sender: KeyPair, fields: Partial<TransferFields>) => {
    const recipient = idOf(keyPairs[0]!);
    const { nonce } = expected.accounts.get(idOf(sender).toString("hex"))!;
    return signTransfer({ chainId: CHAIN_ID, recipient, amount: 1n, nonce, ...fields }, sender);
  };
  for (let round = 0; round < ROUNDS; round++) {
    keyPairs.forEach((sender, index) => {
      const recipient = idOf(keyPairs[(index * 5 + round + 1) % keyPairs.length]!);
      const [key, amount] = [idOf(sender), BigInt(round + 1)];
      const isLocal = partitionOf(key) === partitionOf(recipient);
      add(key, signed(sender, { recipient, amount }), isLocal ? "TRANSFER" : "CREDITED");
      expected.move(key, recipient, amount, 0n);
    });
  }
  const [sender] = keyPairs as [KeyPair];
  const [key, other] = [idOf(sender), idOf(keyPairs[1]!)];
  const good = signed(sender, {});
  const { nonce } = expected.accounts.get(key.toString("hex"))!;
  const altered = Buffer.from(good.signature);
  altered[3]! ^= 1;
  add(key, { ...good, signature: altered }, "BAD_SIGNATURE");
  add(key, { ...good, publicKey: keyPairs[1]!.publicKey }, "SENDER_KEY_MISMATCH");
  add(other, good, "RECORD_KEY_MISMATCH");
  add(key, signed(sender, { nonce: nonce - 1 }), "NONCE_USED");
  add(key, signed(sender, { nonce: nonce + 1 }), "NONCE_GAP");
  add(key, signed(sender, { amount: 10n ** 30n }), "INSUFFICIENT_BALANCE");
  add(key, signed(sender, { recipient: key, gasPrice: 1n }), "TRANSFER");
  expected.move(key, key, 1n, INTRINSIC_GAS);
  add(key, signed(sender, { gasPrice: 1n }), "INSUFFICIENT_BALANCE");
  add(key, signed(sender, { amount: 0n }), "ZERO_AMOUNT");
  add(key, signed(sender, { amount: 10n ** 38n }), "AMOUNT_OVERFLOW");
  add(key, signed(sender, { chainId: CHAIN_ID + 1 }), "WRONG_CHAIN_ID");
  add(key, signed(sender, { validUntil: 1 }), "EXPIRED");
  add(key, signed(sender, { gasLimit: 20_999 }), "GAS_LIMIT_TOO_LOW");
  const bytes = toWire(1, codec("SignedTransaction").encode(good));
  cases.push({ key, value: bytes.subarray(0, -1), transaction: undefined, expected: "MALFORMED" });
  return { cases, expected };
}

describe.skipIf(decision.mode === "none")("the Kafka Streams peer", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
  }, START_TIMEOUT_MS);
  afterAll(() => cluster?.stop());

  it.each(["bouncycastle", "fastest"] as const)(
    "does the same transfers with %s: each ends once, as it should, and the balances add up",
    async (signature) => {
      const network = `peer-${signature}`;
      const { brokers, home } = cluster.settings(network);
      const kafka = connectKafka({ brokers, clientId: "test", log: () => undefined });
      const admin = kafka.admin();
      await admin.connect();
      const topic = `${network}.transactions`;
      const configuration = { "message.timestamp.type": "LogAppendTime" };
      await createMissing(admin, [{ topic, partitions: PARTITIONS, configuration }], 1);
      await admin.disconnect();
      const dumpFile = join(home, `${network}.json`);
      const peer = await startPeer({
        brokers,
        network,
        partitions: PARTITIONS,
        signature,
        chainId: CHAIN_ID,
        genesisBalance: GENESIS_BALANCE,
        stateDirectory: join(home, network),
        dumpFile,
      });
      const { cases, expected } = makeCases();
      const writer = new PlainWriter(kafka);
      const places = await writer.write(
        cases.map(({ key, value }) => ({ topic, key, value, partition: partitionOf(key) })),
      );
      await writer.close();

      const reader = new PartitionReader(kafka);
      const statuses = await readStatuses(reader, network, cases.length);
      cases.forEach(({ key, transaction, expected: ending }, index) => {
        const place = `${partitionOf(key)}:${places[index]}`;
        const status = statuses.get(place);
        expect(status?.ending, place).toBe(ending);
        expect(status?.id, place).toBe(transaction && transactionIdOf(transaction).toString("hex"));
      });
      expect(peer.cpuSeconds()).toBeGreaterThan(0);
      await peer.stop();
      await reader.close();

      const dumped = readFileSync(dumpFile, "utf8").trim().split("\n");
      const balances = new Map(
        dumped.map((line) => {
          const { account, nonce, balance } = JSON.parse(line) as Record<string, string | number>;
          return [account as string, { balance: BigInt(balance!), nonce: nonce as number }];
        }),
      );
      expect(balances.get("fees")?.balance ?? 0n).toBe(expected.fees);
      balances.delete("fees");
      expect(balances).toEqual(expected.accounts);
    },
    TEST_TIMEOUT_MS,
  );
});

/** By `partition:offset` of the original; throws when one has two. */
async function readStatuses(reader: PartitionReader, network: string, count: number) {
  const statuses = new Map<string, { ending: string; id: string | undefined }>();
  const next = new Array<number>(PARTITIONS).fill(0);
  const readOn = async () => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { statuses: topic } = peerTopics(network);
      const fetched = await reader.fetch("transactions", topic, partition, next[partition]!);
      next[partition] = fetched.next;
      for (const { key, value } of fetched.records) {
        const { kind, code, sourcePartition, sourceOffset } = readPeerStatus(value!);
        const place = `${sourcePartition}:${sourceOffset}`;
        expect(sourcePartition).toBe(partition);
        if (statuses.has(place)) throw new Error(`${place} ended twice`);
        statuses.set(place, { ending: code === "" ? kind : code, id: key?.toString("hex") });
      }
    }
    return statuses.size >= count;
  };
  await until(() => `${statuses.size} of ${count} statuses`, readOn);
  return statuses;
}
