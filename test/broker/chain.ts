import { expect } from "vitest";
import { digestOf } from "../../ledger/block/header.js";
import { accountKey } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { type AuditReport, readState } from "../../runtime/session/audit.js";
import { auditWhenQuiet } from "../../runtime/session/audit-when-quiet.js";
import type { Wallet } from "../../simulator/world/network.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { Client } from "./client.js";
import { until, VALIDATORS } from "./support.js";

/** All records of a topic as a read_committed client sees them, partition by partition. */
export async function recordsOf(environment: OpenEnvironment, name: TopicName): Promise<InputRecord[]> {
  const { admin, reader, network } = environment;
  const topic = topicOnCluster(network.genesis.network, name);
  const all: InputRecord[] = [];
  for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
    for await (const records of reader.readToEnd(name, topic, partition, Number(low))) all.push(...records);
  }
  return all;
}

/** Every digest ever written under a name, in order: a name with two of them was written twice. */
export type Written = Map<string, string[]>;

function note(written: Written, name: string, digest: Buffer): void {
  const list = written.get(name) ?? [];
  list.push(digest.toString("hex"));
  written.set(name, list);
}

/** What the topics say of the chain: names are shard/height, of votes shard/height/validator. */
export interface Chain {
  readonly blocks: Written;
  readonly certificates: Written;
  readonly votes: Written;
}

export async function chainOf(environment: OpenEnvironment): Promise<Chain> {
  const chain: Chain = { blocks: new Map(), certificates: new Map(), votes: new Map() };
  for (const record of await recordsOf(environment, "shard.blocks")) {
    const header = read("BlockHeader", record)!;
    note(chain.blocks, `${header.shard}/${header.height}`, digestOf(header));
  }
  for (const record of await recordsOf(environment, "shard.finalized")) {
    const { header } = read("FinalityCertificate", record)!;
    note(chain.certificates, `${header.shard}/${header.height}`, digestOf(header));
  }
  for (const record of await recordsOf(environment, "shard.votes")) {
    const { validator, header } = read("Vote", record)!;
    note(chain.votes, `${header.shard}/${header.height}/${validator}`, digestOf(header));
  }
  return chain;
}

/** Names that were written more than once. */
export function twice(written: Written): string[] {
  return [...written].filter(([, digests]) => digests.length > 1).map(([name]) => name);
}

/** Names of `earlier` whose digests `later` has otherwise. */
export function changed(earlier: Written, later: Written): string[] {
  return [...earlier]
    .filter(([name, digests]) => later.get(name)?.join() !== digests.join())
    .map(([name]) => name);
}

/** Waits until every validator has voted on every certified height, and gives the chain. */
export async function chainWithAllVotes(environment: OpenEnvironment): Promise<Chain> {
  let chain: Chain = await chainOf(environment);
  const missing = () =>
    [...chain.certificates.keys()].flatMap((name) =>
      VALIDATORS.map((validator) => `${name}/${validator}`).filter((vote) => !chain.votes.has(vote)),
    );
  await until(
    () => `votes ${missing().slice(0, 5).join(", ")}`,
    async () => {
      if (missing().length > 0) chain = await chainOf(environment);
      return missing().length === 0;
    },
  );
  return chain;
}

/**
 * Everything that must hold when the network is quiet: each submission ended as it must and in one way, nothing was
 * written twice, all four validators signed what is certified, a fresh reader finds no fault, the balances are the
 * model's and nonces go on from the wallets'.
 */
export async function expectSound(
  environment: OpenEnvironment,
  client: Client,
  wallets: readonly Wallet[],
): Promise<Chain> {
  expect(client.surprises()).toEqual([]);
  expect(client.tracker.duplicated).toBe(0);
  let chain = await chainWithAllVotes(environment);
  let audited = await auditWhenQuiet(environment.network, environment.reader);
  // The main chain may have taken in a certified state between the two readings.
  for (let again = 0; again < 5 && !isSameChain(chain, audited); again++) {
    chain = await chainWithAllVotes(environment);
    audited = await auditWhenQuiet(environment.network, environment.reader);
  }
  expect(twice(chain.blocks), "heights that execute wrote twice").toEqual([]);
  expect(twice(chain.certificates), "heights certified twice").toEqual([]);
  expect(twice(chain.votes), "second votes").toEqual([]);
  expect(changed(chain.certificates, chain.blocks), "execute differs from the validators").toEqual([]);
  expect(audited.faults).toEqual([]);
  expect(audited).toMatchObject({
    validatorsAgree: true,
    valueConserved: true,
    stateComplete: true,
    inEscrow: 0n,
    certificatesVerified: chain.certificates.size,
    votes: chain.certificates.size * VALIDATORS.length,
  });
  const state = await accountsOf(environment, wallets);
  expect(state).toEqual(wallets.map((wallet) => ({ balance: client.balance(wallet), nonce: wallet.nonce })));
  return chain;
}

/** Whether what was read topic by topic, and then by the audit, is the chain of one moment. */
function isSameChain({ certificates, blocks }: Chain, audited: AuditReport): boolean {
  return (
    [...certificates.keys()].every((name) => blocks.has(name)) &&
    audited.certificatesVerified === certificates.size &&
    audited.votes === certificates.size * VALIDATORS.length
  );
}

/** Certified balance and nonce of each wallet. */
export async function accountsOf({ network, reader }: OpenEnvironment, wallets: readonly Wallet[]) {
  const states = new Map<number, Awaited<ReturnType<typeof readState>>>();
  for (const { shard } of network.topology.shards) {
    states.set(shard, await readState(network, reader, shard));
  }
  return wallets.map(({ account, shard }) => {
    const held = asAccount(states.get(shard)!.values.get(accountKey(account)));
    return held && { balance: held.balance, nonce: held.nonce };
  });
}

/**
 * The last statuses of every submission as the topic tells them to anyone, by `partition:offset`. A settlement is told
 * apart from its submission, by transaction id.
 */
export async function lastStatuses(environment: OpenEnvironment): Promise<Map<string, Set<string>>> {
  const settlements = new Map<string, Set<string>>();
  const found = new Map<string, Set<string>>();
  const add = (to: Map<string, Set<string>>, name: string, text: string) =>
    to.set(name, (to.get(name) ?? new Set()).add(text));
  const events = (await recordsOf(environment, "notifications")).map(
    (record) => read("Notification", record)!,
  );
  for (const { event, code, transactionId } of events) {
    if (event === "COMPLETED" || event === "REFUNDED")
      add(settlements, transactionId!.toString("hex"), `${event} ${code}`);
  }
  for (const record of await recordsOf(environment, "transactions"))
    found.set(`${record.partition}:${record.offset}`, new Set());
  for (const { event, code, transactionId, crossShard, sourcePartition, sourceOffset } of events) {
    const place = `${sourcePartition}:${sourceOffset}`;
    if (event === "REJECTED" || (event === "FINAL" && !crossShard)) add(found, place, `${event} ${code}`);
    else if (event === "FINAL") {
      for (const text of settlements.get(transactionId!.toString("hex")) ?? ["UNSETTLED"])
        add(found, place, text);
    }
  }
  return found;
}
