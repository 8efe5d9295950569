import { type NoProof, noProof } from "../../processors/proofs/outcome.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { type Clock, sleep } from "../clock.js";
import type { CheckpointSource } from "./checkpoints.js";
import type { FollowedState } from "./followed-state.js";

const CHECKPOINT_POLL_MS = 500;

/** How long a checkpoint may take that is at or above where a state is. */
export interface CheckpointWait {
  readonly clock: Clock;
  /** In milliseconds. */
  readonly ms: number;
  readonly say: (line: string) => void;
}

/**
 * Moves a state to its shard's newest checkpoint. Only one that did not begin with the genesis can be ahead of that; it is for
 * a moment, as long as the shard has work.
 * @param known the newest checkpoint as it was before the state was opened
 * @returns the certificate of where the state is then; its root is not compared
 */
export async function toNewestCheckpoint(
  followed: FollowedState,
  checkpoints: CheckpointSource,
  known: CheckpointCertificate,
  { clock, ms, say }: CheckpointWait,
): Promise<{ readonly ok: true; readonly certificate: CheckpointCertificate } | NoProof> {
  const { state } = followed;
  const { shard } = state;
  let certificate = known;
  const giveUpAtMs = clock.now() + ms;
  while (certificate.checkpoint.height < state.height) {
    const wanted = `checkpoint of shard ${shard} at height ${state.height} or above`;
    if (clock.now() >= giveUpAtMs) return noProof("NO_CHECKPOINT", `there is no ${wanted} yet`);
    say(`waiting for a ${wanted}`);
    await sleep(clock, CHECKPOINT_POLL_MS);
    certificate = (await checkpoints.newest(shard)) ?? certificate;
  }
  const { height } = certificate.checkpoint;
  say(`following the state of shard ${shard} from height ${state.height} to the checkpoint at ${height}`);
  return (await followed.advanceTo(height)) ?? { ok: true, certificate };
}
