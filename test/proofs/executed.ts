import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { MemoryState } from "../../ledger/state/state.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { codec } from "../../schemas/codec.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import type { TestNetwork } from "../../simulator/world/network.js";
import type { Pipeline } from "../support/pipeline.js";
import { signaturesOf } from "../support/shard-log.js";

export interface Executed {
  readonly net: TestNetwork;
  /** Height of the block that each record counts in, by offset. */
  readonly heights: ReadonlyMap<number, number>;
  readonly blocks: readonly ExecutedBlock[];
  /** Values after the last block. */
  readonly state: MemoryState;
}

/** A shard's log executed from the genesis, up to a height. */
export function executed(pipeline: Pipeline, shard: number, to = Number.POSITIVE_INFINITY): Executed {
  const { net } = pipeline;
  const { network } = net;
  const state = new MemoryState();
  state.apply(initialState(network, shard));
  const rules = { isAuthentic: isAuthenticBySignature };
  const chain = new ShardChain(network, shard, state, startOfChain(network.hash), rules);
  const heights = new Map<number, number>();
  const blocks: ExecutedBlock[] = [];
  const { partition } = network.topology.shard(shard);
  for (const { value, timeMs, offset } of pipeline.topics.records("shard.log", partition)) {
    if (chain.position.height === to) break;
    const bytes = value!.subarray(5);
    const height = chain.position.height + 1;
    const { block, voided } = chain.append({ bytes, timeMs, offset });
    if (!voided && !("rustorium.Cut" in codec("LogEntry").decode(bytes)!.entry)) heights.set(offset, height);
    if (block) blocks.push(block);
  }
  return { net, heights, blocks, state };
}

/** What validators would sign about a state. */
export function checkpointOf({ net, blocks, state }: Executed): {
  signed: CheckpointCertificate;
  values: Map<string, Buffer>;
} {
  const { header, digest } = blocks.at(-1)!;
  const { genesis, shard, height, time, epoch } = header;
  const { prefix } = net.network.topology.shard(shard);
  const encoded = encodeChanges(state.values);
  const tree = new StateTree(prefix);
  tree.apply(encoded);
  const checkpoint = { genesis, shard, height, block: digest, time, epoch, prefix, stateRoot: tree.root };
  const signatures = signaturesOf(net, checkpointDigest(checkpoint), [1, 2, 3]);
  return {
    signed: { checkpoint, signatures },
    values: new Map(encoded.map(({ key, valueBytes }) => [key, valueBytes])),
  };
}
