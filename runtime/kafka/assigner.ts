import type { PartitionAssigner } from "kafkajs";
import { AssignerProtocol } from "./kafkajs.js";

const NAME = "rustorium-copartition";
const VERSION = 1;
const NOTHING = Buffer.alloc(0);

/** What a member of a group says of itself, in bytes of its own, when it joins. */
export interface JoinedMember {
  readonly id: string;
  readonly userData: Uint8Array;
}

/** Shares out partition numbers. */
export interface NumberPlacing {
  /** What this member says of itself when it joins. */
  userData(): Uint8Array;
  /** Asked where this member leads its group. @returns partition numbers by member id */
  place(members: readonly JoinedMember[], numbers: readonly number[]): ReadonlyMap<string, readonly number[]>;
}

/**
 * Group assignment that keeps same-numbered partitions of all topics on one member; which number goes to which member is
 * the placing's to say. kafkajs' default spreads topics independently. Members of one group agree on nothing but the name:
 * whoever leads decides, in its own way, by what it can read of the others.
 */
export function copartitionAssignerBy(placing: NumberPlacing): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    async assign({ members, topics }) {
      const partitions = new Map(
        topics.map((topic) => [
          topic,
          cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
        ]),
      );
      const joined = members.map(({ memberId, memberMetadata }) => ({
        id: memberId,
        userData: userDataOf(memberMetadata),
      }));
      const placement = placing.place(joined, [...new Set([...partitions.values()].flat())]);
      return members.map(({ memberId }) => {
        const numbers = new Set(placement.get(memberId));
        const assignment: Record<string, number[]> = {};
        for (const [topic, all] of partitions) assignment[topic] = all.filter((each) => numbers.has(each));
        return {
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: VERSION,
            assignment,
            userData: NOTHING,
          }),
        };
      });
    },
    protocol({ topics }) {
      return {
        name: NAME,
        metadata: AssignerProtocol.MemberMetadata.encode({
          version: VERSION,
          topics,
          userData: Buffer.from(placing.userData()),
        }),
      };
    },
  });
}

/** Partition p goes to member p modulo the number of members, in order of member id. */
export const copartitionAssigner: PartitionAssigner = copartitionAssignerBy({
  userData: () => NOTHING,
  place(members, numbers) {
    const ids = members.map(({ id }) => id).sort();
    return new Map(ids.map((id, place) => [id, numbers.filter((number) => number % ids.length === place)]));
  },
});

/** What a member says of itself; nothing where that can't be read. */
export function userDataOf(metadata: Buffer): Uint8Array {
  try {
    return AssignerProtocol.MemberMetadata.decode(metadata)?.userData ?? NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Partition numbers that a member was assigned; none where that can't be read. */
export function assignedNumbers(assignment: Buffer): number[] {
  try {
    const decoded = AssignerProtocol.MemberAssignment.decode(assignment);
    return [...new Set(Object.values(decoded?.assignment ?? {}).flat())].sort((a, b) => a - b);
  } catch {
    return [];
  }
}
