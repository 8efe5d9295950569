import { describe, expect, it } from "vitest";
import { ShardChain } from "../../../ledger/block/shard-chain.js";
import { inheritedRecord, startAfter } from "../../../ledger/resharding/inherit.js";
import { signMarker } from "../../../ledger/resharding/marker.js";
import { isUnderPrefix } from "../../../ledger/resharding/prefix.js";
import { signProposal } from "../../../ledger/resharding/proposal.js";
import { encodeChanges } from "../../../ledger/state/encoded-changes.js";
import { accountKey, escrowKey, shardKey } from "../../../ledger/state/key.js";
import { asAccount, asEscrow, asShard, MemoryState, type State } from "../../../ledger/state/state.js";
import { parentRoot } from "../../../ledger/state-tree/digest.js";
import { StateTree } from "../../../ledger/state-tree/state-tree.js";
import { Topology } from "../../../ledger/topology.js";
import { isAuthenticBySignature } from "../../../processors/chain/authenticity.js";
import type { ShardPlace, TopologyProposal } from "../../../schemas/generated.js";
import {
  ASSIGNER_KEY,
  makeTestNetwork,
  ONE,
  OPERATOR_KEY,
  SOURCE_PARTITIONS,
} from "../../../simulator/world/network.js";
import { ShardLog } from "../../support/shard-log.js";

const net = makeTestNetwork({ shards: 2 });
const { network } = net;

function marker(sourcePartition: number, epoch = 1, key = ASSIGNER_KEY, shard = 1) {
  return {
    "rustorium.TopologyMarker": signMarker({ genesis: network.hash, shard, epoch, sourcePartition }, key),
  };
}

/** Shard 1 with a transfer of its own and one in escrow, and the main chain's word that it ends. */
function scene() {
  const main = new ShardLog(net, 0);
  const parent = new ShardLog(net, 1);
  const [from, near, far] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
  parent.submit(from.pay(near, 5n * ONE, { nonce: 0 }), from.account);
  parent.submit(from.pay(far, 7n * ONE, { nonce: 1, priority: "LOW" }), from.account);
  parent.cut();
  const what = {
    genesis: network.hash,
    kind: "SPLIT",
    shards: [1],
    epoch: 0,
    createdAt: 1,
    reason: "",
  } satisfies Omit<TopologyProposal, "signature">;
  main.append({ "rustorium.TopologyProposal": signProposal(what, OPERATOR_KEY) });
  const { block } = main.cut();
  const word = block!.bundles.find(({ change }) => change !== null)!;
  return { main, parent, from, near, far, decided: block!, word };
}

function begin(place: ShardPlace, parent: ShardLog): { chain: ShardChain; state: State & MemoryState } {
  const ended = {
    prefix: "0",
    record: asShard(parent.state.get(shardKey("0")))!,
    position: parent.chain.position,
  };
  const state = new MemoryState();
  for (const [key, value] of parent.state.values)
    if (isUnderPrefix(place.prefix, key)) state.values.set(key, value);
  const topology = new Topology([
    ...network.topology.shards.map((s) => (s.shard === 1 ? { ...s, ended: 1 } : s)),
    place,
    other(place),
  ]);
  const chain = new ShardChain(
    { ...network, topology },
    place.shard,
    state,
    startAfter(place, [ended]),
    { isAuthentic: isAuthenticBySignature },
    inheritedRecord(place, [ended]),
  );
  return { chain, state };
}

function other(place: ShardPlace): ShardPlace {
  const isLeft = place.prefix === "00";
  return {
    ...place,
    shard: place.shard + (isLeft ? 1 : -1),
    partition: place.partition + (isLeft ? 1 : -1),
    path: isLeft ? "1.2" : "1.1",
    prefix: isLeft ? "01" : "00",
  };
}

describe("a shard that is split", () => {
  it("gets the change with the last bundle of the main chain, and nothing more after it", () => {
    const { decided, word, main } = scene();
    expect(decided.receipts).toMatchObject([{ kind: "TOPOLOGY_CHANGED", code: "" }]);
    expect(
      decided.bundles.map(({ destination, priority, isLast }) => [destination, priority, isLast]),
    ).toEqual([
      [1, "HIGH", true],
      [1, "MEDIUM", true],
      [1, "LOW", true],
    ]);
    expect(word.change).toMatchObject({ epoch: 1, ended: [1] });
    expect(main.chain.position.height).toBe(1);
  });

  it("ends when it has the change and all markers, in either order, with one block more; then nothing counts", () => {
    for (const isToldFirst of [true, false]) {
      const { parent, decided, word, from, near } = scene();
      if (isToldFirst) parent.deliver(decided, word);
      for (let source = 0; source < SOURCE_PARTITIONS; source++) {
        const { block, voided } = parent.append(marker(source));
        expect(voided).toBeUndefined();
        expect(parent.append(marker(source)).voided).toBe(block ? "ENDED" : "BELOW_MARK");
        if (source < SOURCE_PARTITIONS - 1)
          expect(
            parent.submit(from.pay(near, ONE, { nonce: 2 }), from.account, { sourcePartition: source })
              .voided,
          ).toBe("BELOW_MARK");
      }
      if (!isToldFirst) {
        expect(parent.chain.hasEnded).toBe(false);
        parent.deliver(decided, word);
      }
      expect(parent.chain.hasEnded).toBe(true);
      const last = parent.blocks.at(-1)!;
      expect(last.header.isLast).toBe(true);
      expect(
        last.bundles.map(({ destination, priority, isLast }) => [destination, priority, isLast]),
      ).toEqual([
        [0, "HIGH", true],
        [0, "MEDIUM", true],
        [0, "LOW", true],
      ]);
      expect(parent.cut().voided).toBe("ENDED");
      expect(parent.submit(from.pay(near, ONE, { nonce: 2 }), from.account).voided).toBe("ENDED");
    }
  });

  it("takes no marker that isn't shard-assign's, of its own epoch, or of no partition", () => {
    const { parent } = scene();
    expect(parent.append(marker(0, 1, OPERATOR_KEY)).voided).toBe("BAD_SIGNATURE");
    expect(parent.append(marker(0, 0)).voided).toBe("OTHER_EPOCH");
    expect(parent.append(marker(SOURCE_PARTITIONS)).voided).toBe("OTHER_SHARD");
    // Signed, of an epoch to come, and meant for another shard: somebody copied it here to keep a partition's transactions out.
    expect(parent.append(marker(0, 1, ASSIGNER_KEY, 2)).voided).toBe("OTHER_SHARD");
    expect(parent.chain.openBlock).toBeUndefined();
  });

  it("leaves its halves everything: states whose roots hash to its own, marks, and what is in escrow", () => {
    const { parent, decided, word, from, far } = scene();
    parent.deliver(decided, word);
    for (let source = 0; source < SOURCE_PARTITIONS; source++) parent.append(marker(source));
    const places = word.change!.begun;
    const halves = places.map((place) => begin(place, parent));
    const rootOf = (prefix: string, { values }: MemoryState) => {
      const tree = new StateTree(prefix);
      tree.apply(encodeChanges(values));
      return tree.root;
    };
    const [left, right] = halves.map(({ state }, index) => rootOf(places[index]!.prefix, state));
    expect(parentRoot(left!, right!)).toEqual(rootOf("0", parent.state));
    const index = isUnderPrefix("00", accountKey(from.account)) ? 0 : 1;
    const { chain, state } = halves[index]!;
    const place = places[index]!;
    const escrow = [...parent.state.values.values()].map(asEscrow).find((value) => value);
    expect(escrow).toMatchObject({ amount: 7n * ONE, recipient: far.account });
    expect(
      [...state.values.keys()].some((key) => key.startsWith(escrowKey(from.account, Buffer.alloc(0)))),
    ).toBe(true);
    expect(asAccount(state.get(accountKey(from.account)))).toMatchObject({ nonce: 2, escrowed: 7n * ONE });
    // A marker of the epoch is its first entry; a repeat of what the parent had taken in is void.
    let offset = 0;
    const append = (entry: Parameters<ShardLog["append"]>[0]) => {
      const log = new ShardLog(net, 1);
      log.append(entry);
      const bytes = log.records[0]!.value!.subarray(5);
      return chain.append({ bytes, timeMs: parent.nowMs, offset: offset++ });
    };
    expect(append(marker(2, 1, ASSIGNER_KEY, place.shard)).voided).toBeUndefined();
    expect(append(marker(3, 1, ASSIGNER_KEY, place.shard)).voided).toBe("OTHER_EPOCH");
    const repeated = parent.records[0]!;
    const bytes = repeated.value!.subarray(5);
    expect(chain.append({ bytes, timeMs: parent.nowMs, offset: offset++ }).voided).toBe("BELOW_MARK");
    const { block } = append({ "rustorium.Cut": { height: 1 } });
    expect(block!.header).toMatchObject({ shard: place.shard, height: 1, epoch: 1, isLast: false });
    expect(block!.header.parent).not.toEqual(network.hash);
    expect(block!.bundles).toMatchObject([{ destination: 0, priority: "HIGH", messages: [] }]);
  });
});
