import type { ConnectedTopics } from "../../runtime/proofs/connect.js";
import { type ListedShard, listShards } from "../../runtime/topology/shard-list.js";

const LOOK_MS = 200;

/** A change was accepted but didn't get done in time. */
class NotDone extends Error {
  readonly code = "NOT_DONE";
}

/**
 * Waits until the shards that begin with an epoch are active; says on stderr what is waited for.
 * @throws NotDone with what it waits for
 */
export async function untilDone(
  topics: ConnectedTopics,
  epoch: number,
  timeoutMs: number,
): Promise<ListedShard[]> {
  const giveUpAtMs = Date.now() + timeoutMs;
  let said = "";
  for (;;) {
    const { shards } = await listShards(topics);
    const begun = shards.filter((shard) => shard.epoch === epoch);
    if (begun.length > 0 && begun.every(({ life }) => life !== "beginning")) return begun;
    const text = shards
      .filter(({ waitsFor }) => waitsFor !== undefined)
      .map(({ shard, waitsFor }) => `shard ${shard} waits for ${waitsFor}`)
      .join("; ");
    if (Date.now() > giveUpAtMs) throw new NotDone(text || "the change isn't in the topic topology yet");
    if (text !== said && text !== "") process.stderr.write(`${text}\n`);
    said = text;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
