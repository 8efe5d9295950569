import type { ChainPosition } from "../../ledger/block/position.js";
import type { StateFollower } from "../../processors/proofs/state-follower.js";
import { sleep } from "../clock.js";
import type { Environment } from "../driver/environment.js";
import { heightOfChanges } from "../proofs/block-parts.js";
import { Certificates, heightOfCertificate } from "../proofs/certificates.js";
import { checkpointsOf } from "../proofs/checkpoints.js";
import { FollowedState } from "../proofs/followed-state.js";
import { offsetAbove } from "../proofs/topic-source.js";

/** A log with no more records than this is executed from the start: that takes some seconds. */
const EXECUTED_RECORDS_MAX = 50_000;
/** Reading begins so long before the block's time: clocks of brokers differ, and what was in blocks before is void. */
const LOG_MARGIN_MS = 60_000;
/** How long a checkpoint may take that is at or above what shard.state has, in milliseconds; an idle shard has one. */
const CHECKPOINT_WAIT_MS = 60_000;
const CHECKPOINT_LOOK_MS = 500;

/** A shard's state at a certified checkpoint, and where to go on from. */
export interface RestoredState {
  readonly state: StateFollower;
  readonly position: ChainPosition;
  /** Next offset in shard.finalized and shard.changes. */
  readonly certificatesOffset: number;
  readonly changesOffset: number;
}

/**
 * The state of a shard from topics, where executing its log would take long: certified changes, or what shard.state has and
 * the changes after it, up to a checkpoint. It counts only if its tree has the root that validators certified.
 * @param executedMax records of a log that is executed rather than passed by
 * @returns undefined where there is no need, no checkpoint, or another root: then the log is executed
 */
export async function restoredState(
  environment: Environment,
  shard: number,
  partition: number,
  executedMax = EXECUTED_RECORDS_MAX,
): Promise<RestoredState | undefined> {
  const { network, history: source, clock, log } = environment;
  if (!source) return undefined;
  const { low, high } = await source.bounds("shard.log", partition);
  if (low === 0 && high <= executedMax) return undefined;
  const checkpoints = checkpointsOf(network, source);
  let certified = await checkpoints.newest(shard);
  if (!certified) return undefined;
  const certificates = new Certificates(network, source);
  const say = (line: string) => log.info({ shard }, `restoring: ${line}`);
  const followed = await FollowedState.open(network, source, certificates, shard, say);
  const untilMs = clock.now() + CHECKPOINT_WAIT_MS;
  while (certified.checkpoint.height < followed.state.height && clock.now() < untilMs) {
    await sleep(clock, CHECKPOINT_LOOK_MS);
    certified = (await checkpoints.newest(shard)) ?? certified;
  }
  const { height, block, stateRoot } = certified.checkpoint;
  const failed =
    height < followed.state.height
      ? { message: `no checkpoint at height ${followed.state.height} or above` }
      : await followed.advanceTo(height);
  const certificate = failed ? undefined : await certificates.at(shard, height);
  if (failed || !certificate?.digest.equals(block) || !followed.state.root.equals(stateRoot)) {
    const message = failed?.message ?? `height ${height} has not the certified root`;
    log.warn({ shard, code: "NOT_RESTORED" }, `${message}: the log is executed from its start`);
    return undefined;
  }
  const { lastSequence, time } = certificate.header;
  const nextOffset = Math.max(low, await source.offsetAtTime("shard.log", partition, time - LOG_MARGIN_MS));
  log.info({ shard, height }, "state restored from topics, with the certified root");
  return {
    state: followed.state,
    position: { height, digest: block, sequence: lastSequence, time, nextOffset },
    certificatesOffset: await offsetAbove(source, "shard.finalized", partition, height, heightOfCertificate),
    changesOffset: await offsetAbove(source, "shard.changes", partition, height, heightOfChanges),
  };
}
