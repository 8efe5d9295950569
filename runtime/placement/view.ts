import type { Admin } from "kafkajs";
import { decodeNote } from "../../processors/placement/note.js";
import { decodeReport } from "../../processors/placement/report.js";
import { assignedNumbers, userDataOf } from "../kafka/assigner.js";

/** A partition number as its holder measures it. */
export interface ViewedPartition {
  readonly partition: number;
  /** Share of its holder's time; null: not known. */
  readonly load: number | null;
  /** Seconds of work that its unread records will take; null: not known. */
  readonly lagSeconds: number | null;
  /** Halted, or failing again and again, at its holder's last join. */
  readonly isStuck: boolean;
}

export interface ViewedMember {
  readonly member: string;
  /** Machine that it runs on, as the broker sees it. */
  readonly host: string;
  /** null: it reports nothing that can be read. */
  readonly weight: number | null;
  /** Share of its time that goes to other things; null: not known. */
  readonly elsewhere: number | null;
  readonly partitions: readonly ViewedPartition[];
}

/** A stage's group: who has what, and what it costs. */
export interface ViewedGroup {
  readonly stage: string;
  /** As the broker names it: Stable, PreparingRebalance, CompletingRebalance, Empty. */
  readonly state: string;
  readonly members: readonly ViewedMember[];
}

/** All groups of a network's stages, by name. */
export async function viewPlacement(
  admin: Pick<Admin, "listGroups" | "describeGroups" | "fetchOffsets">,
  network: string,
): Promise<ViewedGroup[]> {
  const prefix = `${network}.`;
  const { groups: listed } = await admin.listGroups();
  const ids = listed
    .map(({ groupId }) => groupId)
    .filter((groupId) => groupId.startsWith(prefix))
    .sort();
  const { groups } = ids.length > 0 ? await admin.describeGroups(ids) : { groups: [] };
  const viewed = await Promise.all(
    groups.map(async ({ groupId, state, members }): Promise<ViewedGroup> => {
      // A group of one has no notes: nobody would read them.
      const notes = await notesOf(admin, groupId);
      return {
        stage: groupId.slice(prefix.length),
        state,
        members: members.map(({ memberId, clientHost, memberMetadata, memberAssignment }) => {
          const report = decodeReport(userDataOf(memberMetadata));
          const assigned = assignedNumbers(memberAssignment);
          const own = assigned.map((partition) => ({ partition, note: decodeNote(notes.get(partition)) }));
          return {
            member: memberId,
            host: clientHost,
            weight: report?.weight ?? null,
            elsewhere: own.find(({ note }) => note)?.note?.elsewhere ?? report?.elsewhere ?? null,
            partitions: own.map(({ partition, note }) => ({
              partition,
              load: note?.work ?? null,
              lagSeconds: note?.lag ?? null,
              isStuck: report?.stuck.includes(partition) ?? false,
            })),
          };
        }),
      };
    }),
  );
  return viewed.sort((a, b) => (a.stage < b.stage ? -1 : 1));
}

async function notesOf(admin: Pick<Admin, "fetchOffsets">, groupId: string): Promise<Map<number, string>> {
  const notes = new Map<number, string>();
  for (const { partitions } of await admin.fetchOffsets({ groupId }))
    for (const { partition, metadata } of partitions) if (metadata) notes.set(partition, metadata);
  return notes;
}
