import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { proposalId, signProposal } from "../../ledger/resharding/proposal.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { TopologyProposal } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { PlainWriter } from "../kafka/plain-writer.js";
import { Schemas } from "../kafka/schemas.js";
import { verifiedCertificate } from "../proofs/certificates.js";
import type { ConnectedTopics } from "../proofs/connect.js";

/** What the main chain decided, final. */
export interface Decided {
  readonly accepted: boolean;
  /** Why not; empty where it was accepted. */
  readonly code: string;
  /** Height of the main chain's block. */
  readonly height: number;
}

/** Pause between two looks, in milliseconds. */
const LOOK_MS = 100;

/** Nothing came of a proposal in time: the network may be stopped, or slow. It may still be decided. */
export class NotDecided extends Error {
  readonly code = "NOT_DECIDED";
}

/**
 * Publishes a signed proposal and waits until the main chain's decision on it is final.
 * @throws NotDecided
 */
export async function propose(
  { kafka, network, source }: Pick<ConnectedTopics, "kafka" | "network" | "source">,
  registry: string,
  operator: KeyPair,
  what: Pick<TopologyProposal, "kind" | "shards" | "epoch" | "reason">,
  timeoutMs: number,
): Promise<Decided> {
  const { network: name } = network.genesis;
  const nowMs = Date.now();
  const proposal = signProposal({ genesis: network.hash, createdAt: nowMs, ...what }, operator);
  const id = proposalId(proposal);
  const main = network.topology.shard(MAIN_CHAIN).partition;
  let receiptsNext = (await source.bounds("shard.receipts", main)).high;
  let finalizedNext = (await source.bounds("shard.finalized", main)).high;
  const schemaIds = await new Schemas(registry).lookUpAll(name);
  const writer = new PlainWriter(kafka);
  const value = toWire(schemaIds.get("topology.proposals")!, codec("TopologyProposal").encode(proposal));
  await writer.write([{ topic: topicOnCluster(name, "topology.proposals"), partition: 0, key: null, value }]);
  await writer.close();
  /** By digest of the block that they are of. */
  const receipts = new Map<string, Decided>();
  const certified = new Set<string>();
  while (Date.now() < nowMs + timeoutMs) {
    const some = await source.fetch("shard.receipts", main, receiptsNext);
    for (const record of some.records) {
      const receipt = read("Receipt", record);
      if (!receipt?.result.transactionId.equals(id)) continue;
      const { kind, code } = receipt.result;
      const decided = { accepted: kind === "TOPOLOGY_CHANGED", code, height: receipt.height };
      receipts.set(receipt.digest.toString("hex"), decided);
    }
    receiptsNext = some.next;
    const finals = await source.fetch("shard.finalized", main, finalizedNext);
    for (const record of finals.records) {
      const certificate = verifiedCertificate(network, MAIN_CHAIN, record);
      if (certificate) certified.add(certificate.digest.toString("hex"));
    }
    finalizedNext = finals.next;
    for (const [digest, decided] of receipts) if (certified.has(digest)) return decided;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new NotDecided(`no decision on the proposal after ${timeoutMs / 1000} s: is the network running?`);
}
