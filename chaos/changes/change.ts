import { propose } from "../../runtime/topology/propose.js";
import { listShards } from "../../runtime/topology/shard-list.js";
import type { ChaosNetwork } from "../network/chaos-network.js";
import { within } from "../wait.js";

/** The main chain has decided by then, and the shards after a change are active so much later, in milliseconds. */
const DECISION_BOUND_MS = 240_000;
const ACTIVE_BOUND_MS = 240_000;

/** A change of the shard tree that can be proposed. */
export interface Change {
  readonly kind: "SPLIT" | "MERGE";
  /** One to split; the left and the right half to merge. */
  readonly shards: readonly number[];
}

/** A change that the main chain has accepted, final. */
export interface AcceptedChange extends Change {
  /** The shards after it began with this epoch. */
  readonly epoch: number;
  /** In milliseconds since 1970. */
  readonly proposedMs: number;
}

/** A change that is done. */
export interface DoneChange extends AcceptedChange {
  /** From the proposal until all shards after it were active, as the topic topology has it; in milliseconds. */
  readonly tookMs: number;
}

/** A change was refused, not decided, or not done in time; the message says what it waits for. */
export class ChangeFailed extends Error {
  readonly code = "CHANGE_FAILED";
}

export function nameOf({ kind, shards }: Change): string {
  return `${kind.toLowerCase()} of ${shards.join(" and ")}`;
}

/**
 * Proposes a change with the operator's key, and waits until it is accepted and in the topic topology.
 * @throws ChangeFailed where it is refused, NotDecided where nothing comes of it
 */
export async function proposeChange(network: ChaosNetwork, change: Change): Promise<AcceptedChange> {
  const { environment, embedded } = network;
  const { kafka, history, home } = environment;
  if (!history) throw new Error("the network's topics can't be read back");
  const { epoch } = await environment.topology.refresh();
  const proposedMs = Date.now();
  const decided = await propose(
    { kafka, network: environment.network, source: history },
    embedded.registryUrl,
    home.topologyKey("operator"),
    { kind: change.kind, shards: [...change.shards], epoch, reason: "chaos" },
    DECISION_BOUND_MS,
  );
  if (!decided.accepted) throw new ChangeFailed(`${nameOf(change)} was refused: ${decided.code}`);
  const isTold = await within(DECISION_BOUND_MS, () => environment.topology.current.epoch > epoch);
  if (!isTold) throw new ChangeFailed(`${nameOf(change)} is not in the topic topology`);
  return { ...change, epoch: epoch + 1, proposedMs };
}

/** Waits until all shards after a change are active. Throws ChangeFailed saying what it waits for. */
export async function untilActive(network: ChaosNetwork, accepted: AcceptedChange): Promise<DoneChange> {
  const { topology, network: loaded, history } = network.environment;
  const isActive = () => {
    const begun = topology.current.begunIn(accepted.epoch);
    return begun.length > 0 && begun.every(({ isBeginning }) => !isBeginning);
  };
  if (await within(ACTIVE_BOUND_MS, isActive))
    return { ...accepted, tookMs: Date.now() - accepted.proposedMs };
  const { shards } = await listShards({ source: history!, network: loaded });
  const waiting = shards.flatMap(({ shard, waitsFor }) =>
    waitsFor === undefined ? [] : [`shard ${shard} waits for ${waitsFor}`],
  );
  throw new ChangeFailed(
    `${nameOf(accepted)} is not done ${ACTIVE_BOUND_MS} ms after it was accepted: ${waiting.join("; ") || "nothing is waited for"}`,
  );
}

/** Both of these. */
export async function makeChange(network: ChaosNetwork, change: Change): Promise<DoneChange> {
  return untilActive(network, await proposeChange(network, change));
}
