import type { Network } from "../../ledger/genesis/genesis.js";
import { heightKey, keyBytes, type StateKey, topologyKey } from "../../ledger/state/key.js";
import { asTopology, type StateValue } from "../../ledger/state/state.js";
import { type KnownShard, MAIN_CHAIN } from "../../ledger/topology.js";
import { read } from "../../processors/read.js";
import type { Difference } from "../../processors/verify/difference.js";
import type { ShardStart } from "../../processors/verify/start.js";
import { type Clock, sleep } from "../clock.js";
import { certifiedState } from "../proofs/certified-state.js";
import { searchBack, type TopicSource } from "../proofs/topic-source.js";

/** How long shard.state may be behind a checkpoint, in milliseconds; finalize writes it a moment after the certificate. */
const STATE_WAIT_MS = 30_000;
const STATE_LOOK_MS = 500;

/** Where each shard's replay begins; shards without a checkpoint aren't in it, nor ended ones that nobody needs. */
export type Starts = ReadonlyMap<number, ShardStart>;

/**
 * The newest certified state of each shard, made from topics; its root is checked.
 * @returns a difference where the topics lead to another state than the certified one
 * @throws an error with a ProofFault as its code where they don't have what the state is made from
 */
export async function newestStarts(
  network: Network,
  source: TopicSource,
  clock: Clock,
  say: (line: string) => void,
): Promise<Starts | Difference> {
  const starts = new Map<number, ShardStart>();
  // Shards that have a start, or need none: one that had ended when the main chain's replay begins is needed only where one
  // after it has no certified state yet.
  const settled = new Set<number>();
  for (const { shard, prefix, partition, ended } of youngestFirst(network)) {
    const main = starts.get(MAIN_CHAIN)?.values;
    const mainEpoch = (main && asTopology(main.get(topologyKey()))?.epoch) ?? 0;
    const after = ended === undefined || ended > mainEpoch ? [] : network.topology.begunIn(ended);
    if (after.length > 0 && after.every((heir) => settled.has(heir.shard))) {
      settled.add(shard);
      continue;
    }
    const found = await certifiedState(network, source, shard, clock, say);
    if (!found.ok) {
      const { code, message } = found;
      if (code === "NO_CHECKPOINT") continue;
      if (code === "ROOT_MISMATCH")
        return {
          code: "CHECKPOINT_ROOT_DIFFERS",
          shard,
          height: null,
          message: `shard.checkpoints: ${message}`,
        };
      throw Object.assign(new Error(message), { code });
    }
    const { position, state } = found;
    const values = new Map<StateKey, StateValue>();
    for (const key of state.allValues.keys()) values.set(key, state.valueAt(key)!);
    starts.set(shard, { position, values });
    settled.add(shard);
    say(`shard ${shard}: from its certified state at height ${position.height}, ${values.size} keys`);
    await untilShown(source, partition, keyBytes(heightKey(prefix)), position.height, clock);
  }
  return starts;
}

/** The main chain, then the others, those that began last before those whose place they took. */
function youngestFirst({ topology }: Network): KnownShard[] {
  const rank = ({ shard, epoch }: KnownShard) => (shard === MAIN_CHAIN ? Number.POSITIVE_INFINITY : epoch);
  return [...topology.shards].sort((a, b) => (rank(a) === rank(b) ? a.shard - b.shard : rank(b) - rank(a)));
}

/** The table of a shard's state must have come as far as the checkpoint, or there is nothing to compare it with. */
async function untilShown(
  source: TopicSource,
  partition: number,
  marker: Buffer,
  height: number,
  clock: Clock,
): Promise<void> {
  const untilMs = clock.now() + STATE_WAIT_MS;
  for (;;) {
    let shown = 0;
    await searchBack(source, "shard.state", partition, (record) => {
      if (!record.key?.equals(marker)) return false;
      shown = read("StateRecord", record)?.height ?? 0;
      return true;
    });
    if (shown >= height || clock.now() >= untilMs) return;
    await sleep(clock, STATE_LOOK_MS);
  }
}
