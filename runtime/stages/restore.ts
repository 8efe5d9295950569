import { recordHeight } from "../../processors/record-height.js";
import type { Environment } from "../driver/environment.js";
import { type CertifiedState, certifiedState } from "../proofs/certified-state.js";
import { offsetAbove } from "../proofs/topic-source.js";

/** A log with no more records than this is executed from the start: that takes some seconds. */
const EXECUTED_RECORDS_MAX = 50_000;

/** A shard's state at a certified checkpoint, and where to go on from. */
export interface RestoredState extends Pick<CertifiedState, "state" | "position"> {
  /** Next offset in shard.finalized and shard.changes. */
  readonly certificatesOffset: number;
  readonly changesOffset: number;
}

/**
 * The state of a shard from topics, where executing its log would take long.
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
  // What others left isn't in its own topics: it is taken from them, and the log executed.
  if (!source || network.topology.shard(shard).parents.length > 0) return undefined;
  const { low, high } = await source.bounds("shard.log", partition);
  if (low === 0 && high <= executedMax) return undefined;
  const say = (line: string) => log.info({ shard }, `restoring: ${line}`);
  const found = await certifiedState(network, source, shard, clock, say);
  if (!found.ok) {
    const { code, message } = found;
    log.warn({ shard, code: "NOT_RESTORED", why: code }, `${message}: the log is executed from its start`);
    return undefined;
  }
  const { state, position } = found;
  const { height } = position;
  log.info({ shard, height }, "state restored from topics, with the certified root");
  return {
    state,
    position,
    certificatesOffset: await offsetAbove(source, "shard.finalized", partition, height, recordHeight),
    changesOffset: await offsetAbove(source, "shard.changes", partition, height, recordHeight),
  };
}
