import type { Assigner, GroupMember } from "kafkajs";
import { describe, expect, it } from "vitest";
import { decodeNote, encodeNote } from "../../processors/placement/note.js";
import { encodeReport, type Report } from "../../processors/placement/report.js";
import { DEFAULT_MOVE_COST, type Strategy } from "../../processors/placement/terms.js";
import { assignedNumbers, copartitionAssigner, copartitionAssignerBy } from "../../runtime/kafka/assigner.js";
import { AssignerProtocol } from "../../runtime/kafka/kafkajs.js";
import { Balance } from "../../runtime/placement/balance.js";

/** Partitions by topic: a topic may have fewer numbers than the others. */
const TOPICS = { "net.log": 5, "net.finalized": 5, "net.source": 3 };

const cluster = {
  findTopicPartitionMetadata: (topic: keyof typeof TOPICS) =>
    Array.from({ length: TOPICS[topic] }, (_, partitionId) => ({ partitionId })),
};
const given = { cluster, groupId: "net.execute", logger: undefined } as never;

function balanceOf(strategy: Strategy): Balance {
  return new Balance(
    { strategy, weight: 100, moveCost: DEFAULT_MOVE_COST, use: { busy: 0, overhead: 1 } },
    () => 1_000,
  );
}

function report(works: Record<number, number | undefined>, more: Partial<Report> = {}): Uint8Array {
  const held = Object.entries(works).map(([number, work]) => ({ number: Number(number), work, lag: 0 }));
  return encodeReport({ weight: 100, elsewhere: 0, asks: false, held, stuck: [], ...more });
}

function joined(memberId: string, userData: Uint8Array): GroupMember {
  const memberMetadata = AssignerProtocol.MemberMetadata.encode({
    version: 1,
    topics: Object.keys(TOPICS),
    userData: Buffer.from(userData),
  });
  return { memberId, memberMetadata };
}

/** What each member is assigned, checked to be the same numbers of all topics. */
async function assign(assigner: Assigner, members: GroupMember[]): Promise<Record<string, number[]>> {
  const topics = Object.keys(TOPICS);
  const answers = await assigner.assign({ members, topics });
  return Object.fromEntries(
    answers.map(({ memberId, memberAssignment }) => {
      const numbers = assignedNumbers(memberAssignment);
      const { assignment } = AssignerProtocol.MemberAssignment.decode(memberAssignment)!;
      for (const [topic, count] of Object.entries(TOPICS))
        expect(assignment[topic]).toEqual(numbers.filter((number) => number < count));
      return [memberId, numbers];
    }),
  );
}

describe("group assignment", () => {
  it("by load keeps the same numbers of all topics together and moves a busy member's light ones", async () => {
    const assigner = copartitionAssignerBy(balanceOf("adaptive"))(given);
    const members = [joined("a", report({ 0: 0.7, 1: 0.2, 2: 0.1 })), joined("b", report({ 3: 0, 4: 0.1 }))];
    expect(await assign(assigner, members)).toEqual({ a: [0], b: [1, 2, 3, 4] });
  });

  it("tells of itself what it measured, and the next leader understands it", async () => {
    const own = balanceOf("adaptive");
    own.meter.assigned(new Set([0, 1, 2]), 0);
    const { name, metadata } = copartitionAssignerBy(own)(given).protocol({ topics: Object.keys(TOPICS) });
    expect(name).toBe(copartitionAssigner(given).name);
    const members = [{ memberId: "a", memberMetadata: metadata }, joined("b", report({ 3: 0, 4: 0 }))];
    const assigner = copartitionAssignerBy(balanceOf("adaptive"))(given);
    expect(await assign(assigner, members)).toEqual({ a: [0, 1, 2], b: [3, 4] });
  });

  it("gives every number to somebody whatever the members say of themselves", async () => {
    const nonsense = [
      new Uint8Array(),
      Buffer.from("not JSON"),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(JSON.stringify({ v: 2, w: 100, e: 0, a: false, p: [[0, 9, 0]], s: [] })),
      Buffer.from(JSON.stringify({ v: 1, w: -1, e: 0, a: false, p: [], s: [] })),
      Buffer.from(JSON.stringify({ v: 1, w: 100, e: 0, a: false, p: [[0.5, 1, 0]], s: [] })),
      Buffer.from(JSON.stringify({ v: 1, w: 100, e: 0, a: false, p: [["0", 1, 0]], s: [] })),
      Buffer.from(JSON.stringify({ v: 1, w: 100, e: 0, a: false, p: {}, s: [] })),
      Buffer.from("null"),
      Buffer.alloc(1_000_000, "1"),
    ];
    for (const userData of nonsense) {
      const assigner = copartitionAssignerBy(balanceOf("adaptive"))(given);
      const members = [joined("a", report({ 0: 0.1, 1: 0.1, 2: 0.1 })), joined("b", userData)];
      expect(await assign(assigner, members)).toEqual({ a: [0, 1, 2], b: [3, 4] });
    }
    const broken = { memberId: "c", memberMetadata: Buffer.from([1]) };
    const assigner = copartitionAssignerBy(balanceOf("adaptive"))(given);
    const all = await assign(assigner, [joined("a", report({ 0: 0 })), broken]);
    expect(Object.values(all).flat().sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("remembers the load of what a member had that is gone", async () => {
    const assigner = copartitionAssignerBy(balanceOf("adaptive"))(given);
    const a = joined("a", report({ 0: 0.5 }));
    const b = joined("b", report({ 1: 0.1, 2: 0.1 }));
    await assign(assigner, [a, b, joined("c", report({ 3: 0.4, 4: 0.02 }))]);
    expect(await assign(assigner, [a, b])).toEqual({ a: [0, 4], b: [1, 2, 3] });
  });

  it("by number is what it always was: p modulo members, nothing said of itself", async () => {
    const assigner = copartitionAssigner(given);
    const members = [joined("b", report({ 0: 0.9 })), joined("a", new Uint8Array())];
    expect(await assign(assigner, members)).toEqual({ a: [0, 2, 4], b: [1, 3] });
    const { metadata } = assigner.protocol({ topics: ["t"] });
    expect(AssignerProtocol.MemberMetadata.decode(metadata)!.userData).toEqual(Buffer.alloc(0));
  });
});

describe("a member that looks at its group", () => {
  const assignment = (numbers: number[]) =>
    AssignerProtocol.MemberAssignment.encode({
      version: 1,
      assignment: { "net.log": numbers },
      userData: Buffer.alloc(0),
    });
  const member = (id: string, works: Record<number, number>, numbers: number[]) => ({
    id,
    metadata: joined(id, report(works)).memberMetadata,
    assignment: assignment(numbers),
  });

  const noteOf = (work: number | undefined) => encodeNote({ work, lag: 0, elsewhere: 0 });

  /** A balance that holds 0 and 1 and measures 0.6 and 0.3, after some time; and what it sees of its group. */
  function measured() {
    let nowMs = 0;
    const balance = new Balance(
      { strategy: "adaptive", weight: 100, moveCost: DEFAULT_MOVE_COST, use: { busy: 0.9, overhead: 1 } },
      () => nowMs,
    );
    balance.meter.assigned(new Set([0, 1]), nowMs);
    for (const number of [0, 1]) balance.meter.fetched(number, "net.log", 0, nowMs);
    for (nowMs = 1_000; nowMs <= 20_000; nowMs += 1_000) {
      balance.meter.stepped(0, { taken: 10, stepMs: 600, performMs: 1 }, nowMs);
      balance.meter.stepped(1, { taken: 10, stepMs: 300, performMs: 1 }, nowMs);
    }
    return balance;
  }
  const members = [member("own", { 0: 0, 1: 0 }, [0, 1]), member("other", { 2: 0.8 }, [2])];

  it("names what would move by its own measures and what the others noted since they joined", () => {
    const balance = measured();
    expect(balance.wouldMove({ members, notes: new Map([[2, noteOf(0.8)]]) }, "own")).toEqual([]);
    expect(balance.wouldMove({ members, notes: new Map([[2, noteOf(0.1)]]) }, "own")).toEqual([1]);
  });

  it("names nothing while another member hasn't measured, and doesn't wait for one that never reports", () => {
    const balance = measured();
    for (const notes of [new Map(), new Map([[2, noteOf(undefined)]]), new Map([[2, "[]"]])])
      expect(balance.wouldMove({ members, notes }, "own")).toEqual([]);
    const old = { ...member("other", {}, [2]), metadata: joined("other", new Uint8Array()).memberMetadata };
    // Nothing is known of its partition: it counts like the mean of the others.
    expect(balance.wouldMove({ members: [members[0]!, old], notes: new Map() }, "own")).toEqual([1]);
  });

  it("notes what it measures of what it holds", () => {
    const balance = measured();
    expect(decodeNote(balance.note(0))!.work).toBeCloseTo(0.6, 1);
    expect(balance.note(2)).toBeNull();
  });
});
