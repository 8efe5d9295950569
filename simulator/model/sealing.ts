import type { ModelNetwork, Verify } from "./network.js";
import { avro } from "./schemas.js";
import { sha256 } from "./sha256.js";
import type { ShardPlace, TopologyChange, TopologyMarker, TopologyProposal } from "./topology-records.js";

const MARKER_DOMAIN = Buffer.from("rustorium/topology-marker/v1\0");
const PROPOSAL_DOMAIN = Buffer.from("rustorium/topology-proposal/v1\0");
const UNSIGNED = Buffer.alloc(64);

/** What the operator signs, and the proposal's name. */
export function proposalId(proposal: TopologyProposal): Buffer {
  return sha256(PROPOSAL_DOMAIN, avro.TopologyProposal.encode({ ...proposal, signature: UNSIGNED }));
}

/** Whether a proposal is an entry of the main chain, whatever it says. */
export function isOfOperator(proposal: TopologyProposal, network: ModelNetwork, verify: Verify): boolean {
  const { operatorKey } = network.genesis;
  return (
    proposal.genesis.equals(network.hash) && verify(operatorKey, proposalId(proposal), proposal.signature)
  );
}

function markerDigest(marker: TopologyMarker): Buffer {
  return sha256(MARKER_DOMAIN, avro.TopologyMarker.encode({ ...marker, signature: UNSIGNED }));
}

/** How a shard comes to its end: it was told of a change, and all source partitions have turned away from it. */
export class Sealing {
  change: TopologyChange | null = null;
  private readonly turned = new Set<number>();

  constructor(
    private readonly network: ModelNetwork,
    private readonly place: ShardPlace,
    private readonly verify: Verify,
  ) {}

  hasTurned(sourcePartition: number): boolean {
    return this.turned.has(sourcePartition);
  }

  get isDone(): boolean {
    return this.change !== null && this.turned.size === this.network.genesis.sourcePartitions;
  }

  /** Ascending. */
  get markers(): number[] {
    return [...this.turned].sort((left, right) => left - right);
  }

  /** Whether a marker is an entry. @param isFirst whether the shard has no entry yet */
  isEntry(marker: TopologyMarker, isFirst: boolean): boolean {
    const { genesis, shard, epoch, sourcePartition, signature } = marker;
    const { sourcePartitions, assignerKey } = this.network.genesis;
    const isPartition = sourcePartition >= 0 && sourcePartition < sourcePartitions;
    if (!genesis.equals(this.network.hash) || shard !== this.place.shard || !isPartition) return false;
    const isNews = epoch > this.place.epoch && !this.turned.has(sourcePartition);
    const isBirth = epoch === this.place.epoch && isFirst;
    return (isNews || isBirth) && this.verify(assignerKey, markerDigest(marker), signature);
  }

  take({ epoch, sourcePartition }: TopologyMarker): void {
    if (epoch > this.place.epoch) this.turned.add(sourcePartition);
  }
}
