import { pause } from "../../runtime/embedded/time.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { propose } from "../../runtime/topology/propose.js";
import { listShards } from "../../runtime/topology/shard-list.js";

/** A change of the shard tree as it went; times in milliseconds since 1970. */
export interface TimedChange {
  readonly kind: "SPLIT" | "MERGE";
  /** Shards that ended, and that began in their place. */
  readonly ended: readonly number[];
  readonly begun: readonly number[];
  readonly proposedMs: number;
  /** The main chain's decision was final, as the one who proposed saw it. */
  readonly decidedMs: number;
  /** All shards after it were active, as the topic topology has it. */
  readonly activeMs: number;
}

/** The main chain has decided by then, and the shards after a change are active so much later, in milliseconds. */
const DECISION_BOUND_MS = 60_000;
const ACTIVE_BOUND_MS = 240_000;
const LOOK_MS = 20;

/** Proposes a change with the operator's key, and waits until all shards after it are active. Throws where that fails, saying why. */
export async function timedChange(
  { kafka, network, topology, history, home }: OpenEnvironment,
  registry: string,
  kind: TimedChange["kind"],
  shards: readonly number[],
): Promise<TimedChange> {
  if (!history) throw new Error("the network's topics can't be read back");
  const { epoch } = await topology.refresh();
  const proposedMs = Date.now();
  const decided = await propose(
    { kafka, network, source: history },
    registry,
    home.topologyKey("operator"),
    { kind, shards: [...shards], epoch, reason: "measurement" },
    DECISION_BOUND_MS,
  );
  const decidedMs = Date.now();
  const name = `${kind.toLowerCase()} of ${shards.join(" and ")}`;
  if (!decided.accepted) throw new Error(`${name} was refused: ${decided.code}`);
  const begun = () => topology.current.begunIn(epoch + 1);
  const isActive = () => begun().length > 0 && begun().every(({ isBeginning }) => !isBeginning);
  while (!isActive()) {
    if (Date.now() > decidedMs + ACTIVE_BOUND_MS) {
      const list = await listShards({ source: history, network });
      const waiting = list.shards.flatMap(({ shard, waitsFor }) =>
        waitsFor === undefined ? [] : [`shard ${shard} waits for ${waitsFor}`],
      );
      throw new Error(
        `${name} isn't done ${ACTIVE_BOUND_MS / 1_000} s after it was decided: ${waiting.join("; ")}`,
      );
    }
    await pause(LOOK_MS);
  }
  const activeMs = Date.now();
  return { kind, ended: shards, begun: begun().map(({ shard }) => shard), proposedMs, decidedMs, activeMs };
}
