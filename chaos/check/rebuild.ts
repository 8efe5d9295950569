import { type ChainPosition, startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import { inheritedRecord, startAfter } from "../../ledger/resharding/inherit.js";
import { isUnderPrefix } from "../../ledger/resharding/prefix.js";
import { type StateKey, shardKey } from "../../ledger/state/key.js";
import { asShard, MemoryState, type StateValue } from "../../ledger/state/state.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import {
  decodePosition,
  decodeStateValue,
  encodeStateValue,
  FOREIGN_KEY,
  POSITION_KEY,
  stateKeyOf,
  stateRange,
} from "../../processors/chain/store-layout.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { type AuditReport, readState } from "../../runtime/session/audit.js";
import { LevelStore } from "../../runtime/store/level-store.js";
import { WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { ChaosNetwork } from "../network/chaos-network.js";
import { STORING_PROCESSES } from "../network/process-name.js";
import { type CertifiedRoots, rootOf } from "./roots.js";

type Values = ReadonlyMap<StateKey, StateValue>;

/** A shard as its log says, executed again from offset 0 with every signature checked. */
export interface Rebuilt {
  readonly position: ChainPosition;
  readonly values: Values;
}

/**
 * Executes each shard's log from offset 0 and compares the outcome with the certified heads and roots, with `shard.state`, and
 * with the local stores of `execute` and of every validator. Call it when these processes have stopped.
 * @returns what differs, a sentence each
 */
export async function compareRebuilt(
  network: ChaosNetwork,
  audited: AuditReport,
  checkpoints: CertifiedRoots["checkpoints"],
): Promise<string[]> {
  const { environment } = network;
  const different: string[] = [];
  const rebuiltShards = new Map<number, Rebuilt>();
  // By ascending number: parents before the shards that took their place.
  for (const { shard, prefix, partition } of environment.network.topology.shards) {
    const rebuilt = await rebuildShard(environment, shard, rebuiltShards);
    rebuiltShards.set(shard, rebuilt);
    const head = audited.shards.find(({ id }) => id === shard);
    const digest = rebuilt.position.digest.toString("hex");
    if (head?.headHash !== digest)
      different.push(`shard ${shard}: its log leads to ${digest}, certified is ${head?.headHash}`);
    const checkpoint = checkpoints.get(shard);
    if (checkpoint?.block.equals(rebuilt.position.digest)) {
      if (!checkpoint.stateRoot.equals(rootOf(prefix, rebuilt.values)))
        different.push(`shard ${shard}: another root is certified than its log leads to`);
    } else different.push(`shard ${shard}: its last state is not certified`);
    const { values } = await readState(environment.network, environment.reader, shard);
    different.push(...differences(`shard ${shard}: shard.state`, rebuilt.values, values));
    for (const name of STORING_PROCESSES) {
      const where = `${name}-${partition}: local store`;
      const live = await readStore(network.storeOf(name, partition));
      if (!live.position?.digest.equals(rebuilt.position.digest))
        different.push(`${where} stands at height ${live.position?.height}, not ${rebuilt.position.height}`);
      different.push(...differences(where, rebuilt.values, live.values));
    }
  }
  return different;
}

/** @param ended all shards with lower numbers: one that began with a change goes on from its parents' ends */
async function rebuildShard(
  { network, reader }: OpenEnvironment,
  shard: number,
  ended: ReadonlyMap<number, Rebuilt>,
): Promise<Rebuilt> {
  const place = network.topology.shard(shard);
  const { partition, prefix, parents: numbers } = place;
  const state = new MemoryState();
  if (numbers.length === 0) state.apply(initialState(network, shard));
  const parents = numbers.map((number) => ended.get(number)!);
  for (const { values } of parents)
    state.apply(new Map([...values].filter(([key]) => isUnderPrefix(prefix, key))));
  const ends = parents.map(({ position, values }, index) => {
    const { prefix: ofParent } = network.topology.shard(numbers[index]!);
    return { prefix: ofParent, position, record: asShard(values.get(shardKey(ofParent)))! };
  });
  const isFirst = numbers.length === 0;
  const chain = new ShardChain(
    network,
    shard,
    state,
    isFirst ? startOfChain(network.hash) : startAfter(place, ends),
    { isAuthentic: isAuthenticBySignature },
    isFirst ? undefined : inheritedRecord(place, ends),
  );
  const topic = topicOnCluster(network.genesis.network, "shard.log");
  for await (const records of reader.readToEnd("shard.log", topic, partition, 0)) {
    for (const { value, timeMs, offset } of records) {
      if (value && value.length >= WIRE_HEADER_BYTES)
        chain.append({ bytes: value.subarray(WIRE_HEADER_BYTES), timeMs, offset });
    }
  }
  if (place.ended !== undefined && !chain.hasEnded) throw new Error(`shard ${shard}'s log has no last block`);
  return { position: chain.position, values: state.values };
}

async function readStore(directory: string): Promise<{ position?: ChainPosition; values: Values }> {
  const store = await LevelStore.open(directory, false);
  try {
    const saved = store.get(POSITION_KEY);
    const position = saved && decodePosition(saved);
    const values = new Map<StateKey, StateValue>();
    const { from, below } = stateRange(store.get(FOREIGN_KEY)?.toString() ?? "");
    for await (const [key, bytes] of store.range(from, below)) {
      const value = decodeStateValue(bytes);
      if (value) values.set(stateKeyOf(key), value);
    }
    return { values, ...(position && { position }) };
  } finally {
    await store.close();
  }
}

function differences(where: string, expected: Values, found: Values): string[] {
  const nobody = Buffer.alloc(32);
  const bytes = (value: StateValue | undefined) => value && encodeStateValue(0, nobody, value);
  const keys = [...new Set([...expected.keys(), ...found.keys()])].filter((key) => {
    const [left, right] = [bytes(expected.get(key)), bytes(found.get(key))];
    return !left || !right || !left.equals(right);
  });
  return keys.length === 0
    ? []
    : [`${where} differs from the log in ${keys.length} of ${expected.size} values`];
}
