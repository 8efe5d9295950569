import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { REASON_CHARACTERS_MAX, signProposal } from "../../ledger/resharding/proposal.js";
import type { Scaler } from "../../ml/scaling/scaler.js";
import { read } from "../../processors/read.js";
import type { ScalingDecision } from "../../schemas/generated.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import type { OutgoingMessage, PlainWriter } from "../kafka/plain-writer.js";
import type { OpenEnvironment } from "../process/environment.js";
import { messageOn, messagesOf } from "./messages.js";
import { pastOutcomes } from "./past-outcomes.js";

/** Longest wait of a fetch without records, in milliseconds. */
const WAIT_MS = 250;
/** Measurements that are read again after a start: half an hour of twenty shards. */
const PAST_RECORDS_MAX = 36_000;

/**
 * Reads measurements of shards, and writes forecasts, decisions, what came of them, and alerts, until it is stopped. Decisions
 * become proposals, signed with the operator's key, which the main chain may refuse. Throws what the broker answers.
 * @param operator undefined: nothing is proposed
 */
export async function scaleShards(
  environment: OpenEnvironment,
  scaler: Scaler,
  reader: PartitionReader,
  writer: PlainWriter,
  operator: KeyPair | undefined,
  isStopped: () => boolean,
): Promise<void> {
  const { network, schemaIds, topology, admin, clock, log } = environment;
  const target = { network: network.genesis.network, schemaIds };
  for (const outcome of await pastOutcomes(environment, reader)) scaler.remember(outcome);
  const topic = topicOnCluster(target.network, "metrics.shards");
  const [bounds] = await admin.fetchTopicOffsets(topic);
  let next = Math.max(Number(bounds!.low), Number(bounds!.high) - PAST_RECORDS_MAX);
  while (!isStopped()) {
    const fetched = await reader.fetch("metrics.shards", topic, 0, next, WAIT_MS);
    next = fetched.next;
    for (const record of fetched.records) {
      const metrics = read("ShardMetrics", record);
      if (metrics) scaler.take(metrics, record.offset);
    }
    // What is long past needs no forecast.
    if (next < fetched.end) continue;
    const tick = scaler.tick(topology.current, clock.now());
    await writer.write(messagesOf(target, tick));
    for (const decision of tick.decisions) {
      log.info(decision, `decided: ${decision.kind} of ${decision.shards.join(" and ")}`);
      if (operator) await writer.write([proposalOf(environment, decision, operator)]);
    }
  }
}

function proposalOf(
  { network, schemaIds }: OpenEnvironment,
  { kind, shards, epoch, at, rule, reason }: ScalingDecision,
  operator: KeyPair,
): OutgoingMessage {
  const text = `scaler, ${rule}: ${reason}`.slice(0, REASON_CHARACTERS_MAX);
  const proposal = signProposal(
    { genesis: network.hash, kind, shards, epoch, createdAt: at, reason: text },
    operator,
  );
  return messageOn({ network: network.genesis.network, schemaIds })(
    "topology.proposals",
    "TopologyProposal",
    null,
    proposal,
  );
}
