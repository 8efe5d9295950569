import type { Random } from "../kernel/random.js";
import { makeTestNetwork, type TestNetwork, type TestNetworkOptions } from "./network.js";

/** Networks that seeds are run on, and how many of 20 seeds get each. */
const SHAPES: readonly { readonly share: number; readonly options: TestNetworkOptions }[] = [
  { share: 7, options: { shards: 2, stakes: [1_000, 1_000, 1_000, 1_000] } },
  { share: 5, options: { shards: 1, stakes: [1_000, 1_000, 1_000, 1_000] } },
  { share: 3, options: { shards: 2, stakes: [100, 30, 30, 30], parameters: { maximumEntriesPerBlock: 4 } } },
  {
    share: 2,
    options: {
      shards: 2,
      stakes: [10, 10, 10],
      parameters: { unfinalisedBlocksMax: 3, clockSkewMsMax: 800 },
    },
  },
  { share: 1, options: { shards: 4, stakes: [1_000, 1_000, 1_000, 1_000] } },
  { share: 1, options: { shards: 2, consensus: "solo", stakes: [1_000] } },
  { share: 1, options: { shards: 2, stakes: [10, 10, 10, 10], parameters: { crossShardDeadlineMs: 300 } } },
];
/** As a whole run takes only seconds. */
const CHECKPOINT_INTERVAL_MS = 1_000;
const SHARES = SHAPES.reduce((sum, { share }) => sum + share, 0);

const made = new Map<string, TestNetwork>();

/** Networks whose shards change: four validators at least. */
const RESHARDED: readonly TestNetworkOptions[] = [
  { shards: 1, stakes: [1_000, 1_000, 1_000, 1_000], parameters: { reshardCooldownMs: 0, shardsMax: 6 } },
  { shards: 2, stakes: [100, 30, 30, 30], parameters: { reshardCooldownMs: 100, shardsMax: 6 } },
  {
    shards: 1,
    stakes: [10, 10, 10, 10],
    parameters: {
      reshardCooldownMs: 0,
      shardsMax: 4,
      maximumEntriesPerBlock: 4,
      crossShardDeadlineMs: 2_000,
    },
  },
  {
    shards: 2,
    stakes: [10, 10, 10, 10, 10],
    parameters: { reshardCooldownMs: 0, shardsMax: 8, unfinalisedBlocksMax: 3, clockSkewMsMax: 800 },
  },
];

/** The same for a scenario in which shards split and merge. */
export function drawResharded(random: Random, realSignatures: boolean): TestNetwork {
  const index = random.below(RESHARDED.length);
  return netOf(`resharded ${index} ${realSignatures}`, RESHARDED[index]!);
}

/** A network of a drawn shape; its wallets have spent nothing. Keys are made once a thread and kind of signature. */
export function drawNetwork(random: Random, realSignatures: boolean): TestNetwork {
  let left = random.below(SHARES);
  const index = SHAPES.findIndex(({ share }) => {
    left -= share;
    return left < 0;
  });
  return netOf(`${index} ${realSignatures}`, SHAPES[index]!.options);
}

function netOf(name: string, options: TestNetworkOptions): TestNetwork {
  let net = made.get(name);
  if (!net) {
    const parameters = { ...options.parameters, checkpointIntervalMs: CHECKPOINT_INTERVAL_MS };
    net = makeTestNetwork({ ...options, parameters });
    made.set(name, net);
  }
  for (const wallet of net.wallets) wallet.nonce = 0;
  return net;
}
