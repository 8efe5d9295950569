import type { ChainPosition } from "../../ledger/block/position.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { type NoProof, noProof } from "../../processors/proofs/outcome.js";
import type { StateFollower } from "../../processors/proofs/state-follower.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import type { Clock } from "../clock.js";
import { BlockParts } from "./block-parts.js";
import { Certificates } from "./certificates.js";
import { checkpointsOf } from "./checkpoints.js";
import { FollowedState } from "./followed-state.js";
import { toNewestCheckpoint } from "./to-newest-checkpoint.js";
import type { TopicSource } from "./topic-source.js";

/** How long a checkpoint may take that is at or above what shard.state has, in milliseconds; an idle shard has one. */
const CHECKPOINT_WAIT_MS = 60_000;
/** Where the block can't be found in the log, so long before its time: clocks of brokers differ, and what was before is void. */
const LOG_MARGIN_MS = 60_000;

/** A shard's state at its newest checkpoint, with the certified root, and where its chain goes on. */
export interface CertifiedState {
  readonly ok: true;
  readonly state: StateFollower;
  readonly position: ChainPosition;
}

/**
 * Makes a shard's state from topics: from certified changes, or what shard.state has and the changes after it, up to the
 * newest checkpoint. Nothing of it is trusted: its tree must have the root that validators certified.
 * @returns NO_CHECKPOINT where there is none, or none in time; ROOT_MISMATCH where the topics lead to another state
 */
export async function certifiedState(
  network: Network,
  source: TopicSource,
  shard: number,
  clock: Clock,
  say: (line: string) => void,
): Promise<CertifiedState | NoProof> {
  const checkpoints = checkpointsOf(network, source);
  const known = await checkpoints.newest(shard);
  if (!known) return noProof("NO_CHECKPOINT", `shard ${shard} has no certified checkpoint yet`);
  const certificates = new Certificates(network, source);
  const followed = await FollowedState.open(network, source, certificates, shard, say);
  const { state } = followed;
  const moved = await toNewestCheckpoint(followed, checkpoints, known, {
    clock,
    ms: CHECKPOINT_WAIT_MS,
    say,
  });
  if (!moved.ok) return moved;
  const { height, block, stateRoot } = moved.certificate.checkpoint;
  const where = `shard ${shard}, height ${height}`;
  const certificate = await certificates.at(shard, height);
  if (!certificate) return noProof("NOT_FINAL", `${where}: no certificate of the checkpoint's block`);
  if (!certificate.digest.equals(block) || !state.root.equals(stateRoot))
    return noProof("ROOT_MISMATCH", `${where}: the topics don't lead to the certified block and root`);
  const { lastSequence, time } = certificate.header;
  const nextOffset = await offsetAfter(network, source, certificates, certificate);
  return { ok: true, state, position: { height, digest: block, sequence: lastSequence, time, nextOffset } };
}

/** Offset of the log behind the block: at its end, or before where retention has taken what would show that. */
async function offsetAfter(
  network: Network,
  source: TopicSource,
  certificates: Certificates,
  certificate: FinalityCertificate,
): Promise<number> {
  const { shard, time } = certificate.header;
  const { partition } = network.topology.shard(shard);
  const found = await new BlockParts(network, source, certificates).entries(certificate);
  if (found.ok) return found.nextOffset;
  const { low } = await source.bounds("shard.log", partition);
  return Math.max(low, await source.offsetAtTime("shard.log", partition, time - LOG_MARGIN_MS));
}
