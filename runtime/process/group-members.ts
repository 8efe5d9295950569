import type { Admin } from "kafkajs";
import type { GroupMember } from "../placement/settings.js";

/** The group's coordinator tells of members only then. */
const STABLE = "Stable";

/** Members of a group as they last joined; none while they join. */
export async function groupMembers(
  admin: Pick<Admin, "describeGroups">,
  groupId: string,
): Promise<readonly GroupMember[]> {
  const { groups } = await admin.describeGroups([groupId]);
  const [group] = groups;
  if (group?.state !== STABLE) return [];
  return group.members.map(({ memberId, memberMetadata, memberAssignment }) => ({
    id: memberId,
    metadata: memberMetadata,
    assignment: memberAssignment,
  }));
}
