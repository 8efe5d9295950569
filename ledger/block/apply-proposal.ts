import type { TopologyChange, TopologyProposal } from "../../schemas/generated.js";
import { ACCOUNT_ID_BYTES } from "../address.js";
import type { MainTopology } from "../resharding/main-topology.js";
import { proposalId } from "../resharding/proposal.js";
import type { OpenBlock } from "./open-block.js";

const NOBODY = Buffer.alloc(ACCOUNT_ID_BYTES);

/**
 * Main chain: decides on a proposal, and tells the shards that end; nothing more goes to them after this block.
 * @returns the change, where there is one
 */
export function applyProposal(
  proposal: TopologyProposal,
  topology: MainTopology,
  block: OpenBlock,
): TopologyChange | undefined {
  const outcome = topology.propose(proposal, block.time);
  const change = outcome.ok ? outcome.change : undefined;
  block.receipts.push({
    sequence: block.lastSequence,
    kind: outcome.ok ? "TOPOLOGY_CHANGED" : "PROPOSAL_REFUSED",
    code: outcome.ok ? "" : outcome.code,
    transactionId: proposalId(proposal),
    sender: NOBODY,
    recipient: NOBODY,
    amount: 0n,
    fee: 0n,
    sourcePartition: -1,
    sourceOffset: -1,
    submittedAt: 0,
  });
  if (!change) return undefined;
  for (const shard of change.ended) {
    block.lastTo(shard);
    block.to(shard, "HIGH").change = change;
  }
  return change;
}
