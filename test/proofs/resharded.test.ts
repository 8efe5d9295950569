import { beforeAll, describe, expect, it } from "vitest";
import { CertifiedAccounts } from "../../client/certified-accounts.js";
import { accountKey } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { lineOf } from "../../ledger/topology.js";
import { Prover } from "../../runtime/proofs/prover.js";
import { codec } from "../../schemas/codec.js";
import { seeded } from "../../simulator/kernel/random.js";
import { verifyProofFile } from "../../verifier/index.js";
import { checkedRecord } from "../processors/proofs/support.js";
import { Resharded } from "../support/resharded.js";
import { MemorySource } from "../support/topic-source.js";
import { trustOf } from "../verifier/samples.js";

/** Shard 1 of two has split, and its left half again: prefixes of one, two and three bits. */
function split(): Resharded {
  const world = new Resharded({ shards: 2 });
  const chance = seeded(4);
  for (const shard of [1, 3]) {
    for (let count = 0; count < 80; count++) world.stir(chance);
    world.propose("SPLIT", shard);
    for (let count = 0; count < 40; count++) world.stir(chance);
    world.finish();
  }
  for (let count = 0; count < 40; count++) world.stir(chance);
  world.finish();
  return world;
}

describe("proofs of shards that began with a split", { timeout: 120_000 }, () => {
  let world: Resharded;
  let source: MemorySource;
  const trust = () => trustOf(world.net, { epoch: Number.MAX_SAFE_INTEGER });
  beforeAll(() => {
    world = split();
    for (const shard of [1, 3, 2, 4, 5, 6]) world.certify(shard);
    // The main chain takes in what it is told of the others' states.
    world.cut(0);
    world.certify(0);
    source = new MemorySource(world.topics);
  });

  it("say what each account has at its shard's checkpoint", async () => {
    const prover = new Prover(world.network, source);
    const shards = new Set<number>();
    for (const { account } of world.net.wallets) {
      const shard = world.network.topology.shardOf(account);
      shards.add(shard);
      const proved = await prover.account(account);
      if (!proved.ok) throw new Error(proved.message);
      const state = asAccount(world.living.get(shard)!.state.values.get(accountKey(account)));
      const verdict = verifyProofFile(proved.bytes, trust(), { account });
      expect(verdict).toMatchObject({ ok: true, claim: { kind: "account", shard, state } });
    }
    expect([...shards].sort()).toEqual([2, 4, 5, 6]);
  });

  it("say what an account had in the shard before, as long as its own has no checkpoint", async () => {
    const { account } = world.net.wallets.find(
      ({ account: id }) => world.network.topology.shardOf(id) === 5,
    )!;
    expect(lineOf(world.network.topology, account)).toEqual([5, 3, 1]);
    const hidden = new MemorySource(world.topics);
    hidden.delay("shard.checkpoints", world.network.topology.shard(5).partition, 0);
    const proved = await new Prover(world.network, hidden).account(account);
    expect(proved).toMatchObject({ ok: true, shard: 3 });
    const state = asAccount(world.living.get(3)!.state.values.get(accountKey(account)));
    if (!proved.ok) throw new Error(proved.message);
    expect(verifyProofFile(proved.bytes, trust(), { account })).toMatchObject({
      ok: true,
      claim: { shard: 3, state },
    });
  });

  it("say that each shard's root is in the global root, whatever the length of its prefix", async () => {
    const prover = new Prover(world.network, source);
    for (const shard of [2, 4, 5, 6]) {
      const proved = await prover.shardRoot(shard);
      if (!proved.ok) throw new Error(proved.message);
      const { stateRoot } = world.checkpoint(shard).checkpoint;
      expect(verifyProofFile(proved.bytes, trust())).toMatchObject({
        ok: true,
        claim: { kind: "shard", shard, stateRoot: stateRoot.toString("hex") },
      });
    }
    expect(await prover.shardRoot(1)).toMatchObject({ ok: false, code: "NOT_FOUND" });
    expect(await prover.shardRoot(9)).toMatchObject({ ok: false, code: "NOT_FOUND" });
  });

  it("prove the entries of all logs: markers, proposals, and what came before a shard began", async () => {
    const prover = new Prover(world.network, source);
    const kinds = new Set<string>();
    for (const { shard, partition } of world.network.topology.shards) {
      let entries = 0;
      for (const { offset, value } of source.records("shard.log", partition)) {
        const outcome = await prover.record("shard.log", partition, offset);
        const [kind] = Object.keys(codec("LogEntry").decode(value!.subarray(5))!.entry);
        if (!outcome.ok) {
          expect(["NOT_PROVABLE", "NOT_FINAL"], `shard ${shard}, offset ${offset}`).toContain(outcome.code);
          continue;
        }
        expect(checkedRecord(outcome).value).toEqual(value!.subarray(5));
        expect(verifyProofFile(outcome.bytes, trust())).toMatchObject({ ok: true, claim: { shard } });
        kinds.add(kind!);
        entries++;
      }
      const { header } = world.living.get(shard)!.blocks.at(-1)!;
      expect(entries, `entries of shard ${shard}`).toBe(header.lastSequence);
    }
    expect([...kinds].sort()).toEqual(
      [
        "CheckpointCertificate",
        "CrossShardBundle",
        "TopologyMarker",
        "TopologyProposal",
        "UserTransaction",
      ].map((name) => `rustorium.${name}`),
    );
  });

  it("are of the balances that shard.state shows", async () => {
    const accounts = new CertifiedAccounts(world.network, source);
    for (const { account } of world.net.wallets) {
      const shard = world.network.topology.shardOf(account);
      const state = asAccount(world.living.get(shard)!.state.values.get(accountKey(account)));
      expect(await accounts.read(account)).toMatchObject({ ...state, shard });
    }
  });
});
