import type { Draft } from "./draft.js";
import { proposalId } from "./sealing.js";
import type { Verdict } from "./shard-tree.js";
import type { TopologyProposal } from "./topology-records.js";

const NOBODY = Buffer.alloc(20);

/** The receipt of a proposal. */
export function note(proposal: TopologyProposal, verdict: Verdict, draft: Draft): void {
  const isRefused = "refusal" in verdict;
  draft.receipts.push({
    sequence: draft.sequence,
    kind: isRefused ? "PROPOSAL_REFUSED" : "TOPOLOGY_CHANGED",
    code: isRefused ? verdict.refusal : "",
    transactionId: proposalId(proposal),
    sender: NOBODY,
    recipient: NOBODY,
    amount: 0n,
    fee: 0n,
    sourcePartition: -1,
    sourceOffset: -1,
    submittedAt: 0,
  });
}
