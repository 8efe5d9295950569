import type { PlantedRules } from "../../ledger/block/executed-block.js";
import type { ConsensusModule } from "../../ledger/consensus/index.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import { type Network, totalAllocated } from "../../ledger/genesis/genesis.js";
import type { ChainReport, Difference, Refusal } from "./difference.js";
import { readInputs } from "./inputs.js";
import type { ChainSource } from "./source.js";
import type { ShardStart } from "./start.js";
import { type Stop, Verification } from "./verification.js";

export interface VerifyOptions {
  /** Where shards' replays begin; those that aren't named begin with the genesis, or where the shards before them end. */
  readonly starts?: ReadonlyMap<number, ShardStart>;
  /** Called now and then with how many records of the logs were executed, of how many. */
  readonly progress?: (done: number, total: number) => void;
  readonly planted?: PlantedRules;
}

/**
 * Executes every shard's log from its start and compares all that the topics say with what comes of it, up to the first
 * difference. The logs are read to the ends that they have at the beginning, the shards together by the log's time, so that
 * what is under way between them is all that has to be remembered of it.
 * @param network with all shards that there are and were in its topology
 */
export async function verifyChain(
  network: Network,
  source: ChainSource,
  options: VerifyOptions = {},
): Promise<ChainReport | Refusal> {
  const count = { signatures: 0 };
  const counted: Network = { ...network, consensus: counting(network.consensus, count) };
  const verification = new Verification({
    network: counted,
    source,
    inputs: await readInputs(network, source),
    starts: options.starts ?? new Map(),
    onSignature: () => count.signatures++,
    ...(options.planted && { planted: options.planted }),
  });
  const total = verification.recordsTotal;
  const stop = await verification.run((done) => options.progress?.(done, total));
  if (stop && isRefusal(stop)) return stop;
  const expected = totalAllocated(network);
  const held = stop ? undefined : verification.held;
  return {
    shards: verification.shards.map(({ figures }) => figures).sort((a, b) => a.shard - b.shard),
    value: { expected, found: held?.least === held?.most ? (held?.most ?? null) : null },
    checkedSignatures: count.signatures,
    firstDifference: stop ?? (held && notConserved(expected, held)) ?? null,
  };
}

function isRefusal(stop: Stop): stop is Refusal {
  return !("message" in stop);
}

function notConserved(
  expected: bigint,
  { least, most }: { least: bigint; most: bigint },
): Difference | undefined {
  if (least <= expected && expected <= most) return undefined;
  const message = `balances, fees and escrow of all shards are ${most}, the genesis gave ${expected}`;
  return { code: "VALUE_NOT_CONSERVED", shard: null, height: null, message };
}

/** Verifies no signature twice, and counts those that it verifies. */
function counting(consensus: ConsensusModule, count: { signatures: number }): ConsensusModule {
  return withMemory({
    ...consensus,
    verifyVote(validator, digest, signature) {
      count.signatures++;
      return consensus.verifyVote(validator, digest, signature);
    },
  });
}
