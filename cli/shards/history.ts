import { proposalId } from "../../ledger/resharding/proposal.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import type { ConnectedTopics } from "../../runtime/proofs/connect.js";
import { recordsFrom } from "../../runtime/proofs/topic-source.js";

/** A proposal and what became of it. */
export interface ProposalHistory {
  readonly id: string;
  readonly kind: string;
  readonly shards: readonly number[];
  /** Topology epoch that it was made in. */
  readonly epoch: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly reason: string;
  /** `accepted`, a refusal's code, or `unknown`: no receipt, or none any more (they are kept for seven days). */
  readonly outcome: string;
}

/** How far the proposer's clock may be ahead of the broker's, in milliseconds. */
const CLOCKS_APART_MS = 60_000;

/** All proposals in order, with the main chain's first decision on each: what comes again is refused. */
export async function historyOf({ source, network }: ConnectedTopics): Promise<ProposalHistory[]> {
  const main = network.topology.shard(MAIN_CHAIN).partition;
  const proposals: ProposalHistory[] = [];
  const { low } = await source.bounds("topology.proposals", 0);
  for await (const some of recordsFrom(source, "topology.proposals", 0, low))
    for (const record of some) {
      const proposal = read("TopologyProposal", record);
      if (!proposal) continue;
      const { kind, shards, epoch, reason } = proposal;
      const id = proposalId(proposal).toString("hex");
      const createdAt = new Date(proposal.createdAt).toISOString();
      proposals.push({ id, kind, shards, epoch, createdAt, reason, outcome: "unknown" });
    }
  if (proposals.length === 0) return [];
  const firstMs = Math.min(...proposals.map(({ createdAt }) => Date.parse(createdAt)));
  const from = await source.offsetAtTime("shard.receipts", main, firstMs - CLOCKS_APART_MS);
  const outcomes = new Map<string, string>();
  for await (const some of recordsFrom(source, "shard.receipts", main, from))
    for (const record of some) {
      const result = read("Receipt", record)?.result;
      if (result?.kind !== "TOPOLOGY_CHANGED" && result?.kind !== "PROPOSAL_REFUSED") continue;
      const id = result.transactionId.toString("hex");
      const outcome = result.kind === "TOPOLOGY_CHANGED" ? "accepted" : result.code;
      if (!outcomes.has(id)) outcomes.set(id, outcome);
    }
  return proposals.map((proposal) => ({
    ...proposal,
    outcome: outcomes.get(proposal.id) ?? proposal.outcome,
  }));
}

export function historyText(history: readonly ProposalHistory[]): string {
  if (history.length === 0) return "no proposals yet: the shard tree is the genesis'";
  return history
    .map(
      ({ createdAt, kind, shards, epoch, outcome, reason }) =>
        `${createdAt}  epoch ${epoch}  ${kind} ${shards.join(" ")}  ${outcome}  (${reason})`,
    )
    .join("\n");
}
