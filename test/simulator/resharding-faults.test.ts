import { describe, expect, it } from "vitest";
import { sha256 } from "../../ledger/crypto/hash.js";
import { asAccount } from "../../ledger/state/state.js";
import { codec } from "../../schemas/codec.js";
import { differenceOf, type Part } from "../../simulator/model/halves.js";
import { ModelNetwork } from "../../simulator/model/network.js";
import { Owners } from "../../simulator/model/owners.js";
import type { StateValue } from "../../simulator/model/state-records.js";
import { poseidonOfVerifier } from "../../simulator/model/state-root.js";
import { makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { Resharded, type Spoilt } from "./resharded.js";
import { auditResharded } from "./resharded-load.js";
import { Tampered } from "./tamper.js";

/** One shard that splits while transfers are under way, and merges again. */
function splitAndMerged(spoilt: Spoilt = {}): Resharded {
  const net = makeTestNetwork({ shards: 2, parameters: { reshardCooldownMs: 1_000 } });
  const world = new Resharded(net, spoilt);
  const [a, b, c] = [net.wallet(1), net.wallet(1, 2), net.wallet(2)];
  const pay = () => {
    for (const from of [a, b, c])
      for (const to of [a, b, c]) world.publish(from, from.pay(to, ONE, { gasPrice: 1n }));
  };
  pay();
  world.drain();
  pay();
  for (const source of world.sources) while (source.assigned < source.published.length) world.assign(source);
  for (const shard of [1, 2]) world.cut(shard);
  world.propose({ kind: "SPLIT", shards: [1] });
  for (const shard of [0, 1, 2]) world.cut(shard);
  // All of it comes again, to the shards after the change: the tasks of shard-assign and of relay died.
  for (const source of world.sources) {
    world.turn(source);
    for (let index = 0; index < source.assigned; index++) world.assign(source, index);
  }
  for (const waiting of [...world.sent]) world.deliver(waiting);
  pay();
  world.drain();
  world.propose({ kind: "MERGE", shards: [3, 4] });
  world.drain();
  world.nowMs += 1_000;
  world.propose({ kind: "MERGE", shards: [3, 4] });
  pay();
  world.drain();
  return world;
}

const right = splitAndMerged();

/** Invariants that are broken, each once. */
function broken(world: Resharded, alter: (tampered: Tampered) => void = () => {}): string[] {
  const tampered = new Tampered(world.history);
  alter(tampered);
  const { violations } = auditResharded(world, tampered.history);
  return [...new Set(violations.map(({ invariant }) => invariant))];
}

const kindsOf = (world: Resharded) =>
  world.blocks.flatMap(({ receipts }) => receipts).map(({ kind, code }) => code || kind);

describe("the model", () => {
  it("finds nothing wrong with the history that is altered below", () => {
    const { model, violations } = auditResharded(right);
    expect(violations).toEqual([]);
    expect(model.counts).toMatchObject({ splits: 1, merges: 1, crossShard: 16 });
    expect(kindsOf(right)).toContain("COOLING_DOWN");
  });

  it("finds a shard that begins with a wrong balance", () => {
    const world = splitAndMerged({
      start: ({ state }, record) => {
        for (const [key, value] of state.values) {
          const account = asAccount(value);
          if (account && account.nonce > 0)
            state.values.set(key, {
              "rustorium.AccountState": { ...account, balance: account.balance + 1n },
            });
        }
        return record;
      },
    });
    expect(broken(world)).toContain("children-equal-parent");
  });

  it("finds a wrong state certified of a shard whose blocks are right", () => {
    const block = right.blocks.find(({ header }) => header.shard === 3)!;
    const { header, digest } = block;
    const world = splitAndMerged();
    world.certifyState(3, { ...header, digest }, sha256(Buffer.from("another state")).fill(0, 0, 1));
    expect(broken(world)).toEqual(["children-equal-parent"]);
  });

  it("finds a marker with a wrong signature that counted", () => {
    const isMarker = (entry: object) => "rustorium.TopologyMarker" in entry;
    expect(
      broken(right, (tampered) => {
        const index = tampered.find("shard.log", "LogEntry", ({ entry }) => isMarker(entry));
        tampered.change(index, "LogEntry", ({ entry }) => {
          if (!("rustorium.TopologyMarker" in entry)) throw new TypeError("it is a marker");
          const marker = entry["rustorium.TopologyMarker"];
          return { entry: { "rustorium.TopologyMarker": { ...marker, signature: Buffer.alloc(64, 1) } } };
        });
      }),
    ).toContain("same-state");
  });

  it("finds a proposal that was accepted too early", () => {
    const world = splitAndMerged({
      network: (network) => {
        const { genesis } = network;
        return {
          ...network,
          genesis: { ...genesis, parameters: { ...genesis.parameters, reshardCooldownMs: 0 } },
        };
      },
    });
    expect(kindsOf(world)).not.toContain("COOLING_DOWN");
    expect(broken(world)).toContain("same-state");
  });

  it("finds a bundle to an ended shard that is taken in twice", () => {
    const world = splitAndMerged({
      start: ({ place }, record) => ({
        ...record,
        received: record.received.map((channel) =>
          channel.shard === place.shard ? channel : { ...channel, count: Math.max(0, channel.count - 1) },
        ),
      }),
    });
    const credited = (of: Resharded) => kindsOf(of).filter((kind) => kind === "CREDITED").length;
    expect(credited(world)).toBeGreaterThan(credited(right));
    expect(broken(world)).toContain("same-state");
  });

  it("finds a transaction that two shards take in", () => {
    const world = splitAndMerged({ start: (_, record) => ({ ...record, marks: [] }) });
    expect(broken(world)).toContain("one-owner");
  });

  it("finds transfers that nobody settles", () => {
    const net = makeTestNetwork({ shards: 2 });
    const world = new Resharded(net);
    world.publish(net.wallet(1), net.wallet(1).pay(net.wallet(2), ONE));
    for (const source of world.sources) world.assign(source);
    world.cut(1);
    expect(broken(world)).toEqual(["settled-once", "no-escrow-left"]);
    world.nowMs += 10_001;
    world.drain();
    const early = { healedAtMs: 0, stores: [] };
    expect(broken(world)).toEqual([]);
    expect(auditResharded(world, world.history, early).violations).toMatchObject([
      { invariant: "no-escrow-left" },
    ]);
  });

  it("finds a shard tree that is told otherwise, too early or not at all", () => {
    const find = (tampered: Tampered) =>
      tampered.find("topology", "ShardTopology", ({ phase }) => phase === "BEGINNING");
    const other = (tampered: Tampered) =>
      tampered.change(find(tampered), "ShardTopology", (shard) => ({ ...shard, partition: 77 }));
    expect(broken(right, other)).toEqual(["same-state"]);
    const last = (tampered: Tampered) => tampered.find("topology", "ShardTopology", () => true, "last");
    expect(broken(right, (tampered) => tampered.remove(last(tampered)))).toEqual(["lag-zero"]);
    const again = (tampered: Tampered) => tampered.copy(last(tampered), "ShardTopology", (shard) => shard);
    expect(broken(right, again)).toEqual(["final-needs-certificate"]);
  });

  it("finds records of a partition where no shard lives", () => {
    const stray = (tampered: Tampered) => {
      const index = tampered.find("shard.blocks", "BlockHeader", () => true);
      tampered.history.push({ ...tampered.history[index]!, partition: 40 });
    };
    expect(broken(right, stray)).toEqual(["readable"]);
  });
});

describe("owners", () => {
  const net = makeTestNetwork({ shards: 2 });
  const network = new ModelNetwork(
    codec("Genesis").encode(net.network.genesis),
    net.network.allocation.parts,
  );
  const place = (shard: number, prefix: string, epoch: number) => ({
    ...{ shard, prefix, epoch, path: "1.1", partition: shard, parents: [1] },
  });

  /** Shows blocks with one receipt each; returns what it found. */
  function shown(...blocks: { shard: number; offset: number; of?: number }[]): string[] {
    const found: string[] = [];
    const owners = new Owners(network, (invariant) => found.push(invariant));
    for (const { shard, offset, of = shard } of blocks) {
      const receipt = { sourcePartition: 1, sourceOffset: offset, sender: net.wallet(of).account };
      owners.take({ header: { shard }, receipts: [receipt], decided: [] } as never);
    }
    return found;
  }

  it("take each record once, and in order", () => {
    expect(shown({ shard: 1, offset: 3 }, { shard: 2, offset: 2 }, { shard: 1, offset: 4 })).toEqual([]);
    expect(shown({ shard: 1, offset: 3 }, { shard: 1, offset: 2 })).toEqual(["sender-order"]);
    expect(shown({ shard: 1, offset: 3 }, { shard: 1, offset: 3 })).toEqual(["one-owner"]);
    expect(shown({ shard: 2, offset: 3, of: 1 })).toEqual(["one-owner"]);
  });

  it("have every account once", () => {
    const change = (...begun: ReturnType<typeof place>[]) => {
      const found: string[] = [];
      const owners = new Owners(network, (invariant) => found.push(invariant));
      const decided = [{ epoch: 1, kind: "SPLIT", ended: [1], begun }];
      owners.take({ header: { shard: 0 }, receipts: [], decided } as never);
      return found;
    };
    expect(change(place(3, "00", 1), place(4, "01", 1))).toEqual([]);
    expect(change(place(3, "00", 1))).toEqual(["one-owner"]);
    expect(change(place(3, "00", 1), place(4, "00", 1))).toEqual(["one-owner"]);
  });
});

describe("halves", () => {
  const part = (prefix: string, keys: readonly string[], balance = 1n): Part => ({
    prefix,
    values: new Map(
      keys.map((key): [string, StateValue] => [
        key.padEnd(33, "\0"),
        { is: "AccountState", value: { balance, nonce: 0, escrowed: 0n } },
      ]),
    ),
  });
  const compare = (left: Part, middle: Part) =>
    differenceOf(part("", ["\x01", "\x70", "\x81", "\xff"]), left, middle, poseidonOfVerifier);

  it("are compared with the whole", () => {
    const [left, second] = [part("0", ["\x01", "\x70"]), part("1", ["\x81", "\xff"])];
    expect(compare(left, second)).toBeUndefined();
    expect(compare(part("0", ["\x01", "\x70"], 2n), second)).toContain("1 of the halves");
    expect(compare(part("0", ["\x01"]), second)).toContain("0 of the halves");
    expect(compare(left, part("1", ["\x81", "\xff", "\x82"]))).toContain("more than the whole");
    expect(compare(second, left)).toContain("roots");
  });
});
