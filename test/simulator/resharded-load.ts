import { accountIdOfEd25519 } from "../../ledger/address.js";
import { keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { VALIDATORS_MIN } from "../../ledger/resharding/decide.js";
import { seeded } from "../../simulator/kernel/random.js";
import type { End } from "../../simulator/model/finish.js";
import { makeTestNetwork, ONE, type TestNetwork, Wallet } from "../../simulator/world/network.js";
import { auditHistory } from "./audited.js";
import { Resharded } from "./resharded.js";

const NOBODY_KEY = keyPairFromSeed(sha256(Buffer.from("nobody")));
const COOLDOWN_MS = 50;
const SHARDS_MAX = 6;
const POOR_WALLETS = 12;

/** A wallet that the genesis doesn't have. */
export function poorWallet(net: TestNetwork, index: number): Wallet {
  const secret = sha256(Buffer.from(`poor wallet ${index}`));
  const account = accountIdOfEd25519(keyPairFromSeed(secret).publicKey);
  return new Wallet("ED25519", secret, account, net.network.topology.shardOf(account));
}

/** A network that splits and merges at random under load, with everything out of step, until all is done. */
export function reshardedAtRandom(seed: number, steps: number): Resharded {
  const chance = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[chance(list.length)]!;
  const net = makeTestNetwork({
    shards: pick([1, 2, 4]),
    stakes: Array.from({ length: VALIDATORS_MIN }, () => 1_000),
    parameters: {
      maximumEntriesPerBlock: 1 + chance(8),
      crossShardDeadlineMs: pick([400, 60_000]),
      reshardCooldownMs: COOLDOWN_MS,
      shardsMax: SHARDS_MAX,
    },
  });
  const world = new Resharded(net);
  const rich = net.wallets.filter(({ scheme }) => scheme === "ED25519");
  const poor = Array.from({ length: POOR_WALLETS }, (_, index) => poorWallet(net, index));
  const anyShard = () => pick([...world.shards.keys()]);
  const pay = () => {
    const from = pick(chance(3) > 0 ? rich : poor);
    const to = pick([...rich, ...poor]);
    const priority = pick(["HIGH", "MEDIUM", "LOW"] as const);
    const amount = BigInt(1 + chance(20)) * (ONE / 10n);
    // Who has nothing yet is refused, and keeps the nonce.
    const { nonce } = from;
    if (rich.includes(from)) from.nonce++;
    world.publish(from, from.pay(to, amount, { nonce, priority, gasPrice: BigInt(chance(2)) }));
  };
  const reshard = () => {
    const { live } = world.tree();
    const paths = new Map(live.map(({ path, shard }) => [path, shard]));
    const left = live.filter(({ path }) => path.endsWith(".1") && paths.has(`${path.slice(0, -1)}2`));
    if (chance(6) === 0) {
      world.propose({ kind: "MERGE", shards: [pick(live).shard, pick(live).shard] });
      return;
    }
    if (left.length === 0 || chance(3) === 0) {
      world.propose({ kind: "SPLIT", shards: [pick(live).shard] });
      return;
    }
    const { path, shard } = pick(left);
    world.propose({ kind: "MERGE", shards: [shard, paths.get(`${path.slice(0, -1)}2`)!] });
  };
  const proposeAnything = () =>
    world.propose({
      kind: pick(["SPLIT", "SPLIT", "MERGE", "MERGE", "PAUSE", "RESUME", "RESUME"] as const),
      shards: Array.from({ length: chance(3) }, () => chance(9)),
      epoch: world.epoch + (chance(4) === 0 ? 1 : 0),
      createdAt: pick([world.nowMs, 1]),
      reason: "x".repeat(pick([5, 200, 201])),
    });
  const assignAgain = () => {
    const source = pick(world.sources);
    if (source.assigned > 0) world.assign(source, chance(source.assigned));
  };
  const actions: readonly (readonly [weight: number, act: () => void])[] = [
    [30, pay],
    [30, () => world.assign(pick(world.sources))],
    [2, assignAgain],
    [20, () => world.turn(pick(world.sources))],
    [1, () => world.mark(pick(world.sources), NOBODY_KEY)],
    [1, () => world.propose({ kind: "SPLIT", shards: [1] }, NOBODY_KEY)],
    [30, () => world.waiting.size > 0 && world.deliverNext(pick([...world.waiting.keys()]))],
    [3, () => world.sent.length > 0 && world.deliver(pick(world.sent))],
    [20, () => world.cut(anyShard())],
    [3, () => world.restart(anyShard())],
    [3, () => world.checkpoint(anyShard(), Buffer.alloc(32, 1 + chance(20)))],
    [6, reshard],
    [2, proposeAnything],
    [1, () => world.propose({ kind: "RESUME", shards: [], createdAt: pick([world.nowMs, 1]) })],
    [
      10,
      () => {
        world.nowMs += chance(40);
      },
    ],
  ];
  const total = actions.reduce((sum, [weight]) => sum + weight, 0);
  for (let step = 0; step < steps; step++) {
    let drawn = chance(total);
    const [, act] = actions.find(([weight]) => {
      drawn -= weight;
      return drawn < 0;
    })!;
    act();
  }
  world.drain();
  return world;
}

/** Shows everything that was written to a new model. */
export function auditResharded(
  { net, history, nowMs }: Resharded,
  shown = history,
  end: End = { healedAtMs: nowMs, stores: [], cold: "seen" },
) {
  const dishonest = net.network.genesis.validators.map(({ validator }) => validator);
  return auditHistory({ net, history: shown, intents: [], end, dishonest });
}
