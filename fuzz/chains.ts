import type { ExecutedBlock } from "../ledger/block/executed-block.js";
import { signMarker } from "../ledger/resharding/marker.js";
import { signProposal } from "../ledger/resharding/proposal.js";
import type { ProposalKind } from "../schemas/generated.js";
import { ASSIGNER_KEY, ONE, OPERATOR_KEY, START_MS } from "../simulator/world/network.js";
import { ShardLog } from "../test/support/shard-log.js";
import { net } from "./samples.js";

/** A sender's shard, the main chain and a recipient's shard after a transfer went all the way, and others on the way. */
export interface Chains {
  readonly source: ShardLog;
  readonly main: ShardLog;
  readonly destination: ShardLog;
}

/** Three logs that belong together: local transfers, refused ones, transfers between shards, cuts, bundles. */
export function makeChains(): Chains {
  const [source, main, destination] = [1, 0, 2].map((shard) => new ShardLog(net, shard)) as [
    ShardLog,
    ShardLog,
    ShardLog,
  ];
  const [ed, eth] = [net.wallet(1), net.wallet(1, 1)];
  const send = (wallet: typeof ed, to: typeof ed, nonce: number, amount = ONE) =>
    source.submit(wallet.pay(to, amount, { nonce, gasPrice: 1n }), wallet.account);
  send(ed, eth, 0);
  send(ed, net.wallet(2), 1);
  send(eth, net.wallet(2, 1), 0);
  const first = source.cut().block!;
  send(ed, net.wallet(2), 2);
  send(ed, net.wallet(3), 3, 10n ** 37n);
  send(eth, net.wallet(1), 7);
  const second = source.cut().block!;
  for (const block of [first, second]) deliver(main, block, 0);
  const decided = main.cut().block!;
  deliver(destination, decided, 2);
  const credited = destination.cut().block!;
  deliver(source, credited, 1);
  source.cut();
  return { source, main, destination };
}

/** A shard that ends, and the main chain that decided so: proposals right and refused, markers, and what comes too late. */
export function makeEnding(): { readonly main: ShardLog; readonly parent: ShardLog } {
  const [main, parent] = [0, 1].map((shard) => new ShardLog(net, shard)) as [ShardLog, ShardLog];
  const { hash: genesis, genesis: founded } = net.network;
  let createdAt = START_MS;
  const propose = (kind: ProposalKind, ...shards: number[]) => {
    const proposal = { genesis, kind, shards, epoch: 0, createdAt: createdAt++, reason: "load" };
    main.append({ "rustorium.TopologyProposal": signProposal(proposal, OPERATOR_KEY) });
  };
  propose("PAUSE");
  propose("SPLIT", 9);
  propose("RESUME");
  propose("SPLIT", 1);
  const decided = main.cut().block!;
  const [wallet, other] = [net.wallet(1), net.wallet(1, 1)];
  parent.submit(wallet.pay(net.wallet(2), ONE, { nonce: 0 }), wallet.account);
  for (let sourcePartition = 0; sourcePartition < founded.sourcePartitions; sourcePartition++) {
    const marker = signMarker({ genesis, shard: 1, epoch: 1, sourcePartition }, ASSIGNER_KEY);
    parent.append({ "rustorium.TopologyMarker": marker });
    if (sourcePartition === 0) deliver(parent, decided, 1);
    parent.submit(other.pay(wallet, ONE, { nonce: sourcePartition }), other.account, { sourcePartition });
  }
  return { main, parent };
}

function deliver(to: ShardLog, block: ExecutedBlock, shard: number): void {
  for (const bundle of block.bundles) if (bundle.destination === shard) to.deliver(block, bundle);
}
