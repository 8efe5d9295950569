import { MAIN_CHAIN } from "../../ledger/topology.js";
import { checkpointsOf } from "../../runtime/proofs/checkpoints.js";
import type { LoadClient } from "./client.js";
import type { BenchNetwork } from "./network.js";

/** Enough that each shard has some. */
export const FIRST_TRANSACTIONS = 200;
/** How long a network may take to certify the first roots, in milliseconds: trees of a million accounts take minutes. */
const CERTIFIED_WAIT_MS = 420_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Waits until a new network is at work: first transactions are final, and each shard's state is certified, so that what
 * is done once in a network's life (filling stores, building trees) isn't in what is measured.
 * Takes FIRST_TRANSACTIONS from the client's source. Throws where it takes too long.
 */
export async function untilAtWork(
  { environment: { network, history } }: BenchNetwork,
  client: LoadClient,
  say: (line: string) => void,
): Promise<void> {
  await client.first(FIRST_TRANSACTIONS);
  say("first transactions are final");
  if (!history) throw new Error("the network's topics can't be read back");
  const checkpoints = checkpointsOf(network, history);
  const untilMs = Date.now() + CERTIFIED_WAIT_MS;
  for (const { shard } of network.topology.shards) {
    // No transfer crosses yet, so the main chain may have no block.
    if (shard === MAIN_CHAIN) continue;
    while (!(await checkpoints.newest(shard))) {
      if (Date.now() > untilMs) throw new Error(`shard ${shard} has no certified root`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
  say("all shards have certified roots");
}
