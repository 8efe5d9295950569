import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capacitiesOf } from "../../processors/placement/capacity.js";
import { loadsOf } from "../../processors/placement/loads.js";
import { place } from "../../processors/placement/place.js";
import {
  type PlacedPartition,
  type Placement,
  type PlacementInput,
  type PlacementMember,
  STRATEGIES,
} from "../../processors/placement/terms.js";

const MEMBERS_MAX = 6;
const PARTITIONS_MAX = 24;
const EXACTNESS = 1e-6;

const someNumbers = fc.uniqueArray(fc.nat(PARTITIONS_MAX + 2), { maxLength: 8 });
const someMember = (id: string): fc.Arbitrary<PlacementMember> =>
  fc.record({
    id: fc.constant(id),
    weight: fc.integer({ min: 1, max: 300 }),
    holds: someNumbers,
    elsewhere: fc.double({ min: 0, max: 1, noNaN: true }),
    stuck: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: someNumbers }),
  });
const somePartition = (number: number): fc.Arbitrary<PlacedPartition> =>
  fc.record({
    number: fc.constant(number),
    work: fc.oneof(fc.constant(0), fc.constant(undefined), fc.double({ min: 0, max: 1.2, noNaN: true })),
    lag: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
  });
const anything: fc.Arbitrary<PlacementInput> = fc
  .record({ members: fc.nat(MEMBERS_MAX), partitions: fc.nat(PARTITIONS_MAX) })
  .chain((counts) =>
    fc.record({
      members: fc.tuple(...Array.from({ length: counts.members }, (_, index) => someMember(`m${index}`))),
      partitions: fc.tuple(...Array.from({ length: counts.partitions }, (_, index) => somePartition(index))),
      strategy: fc.constantFrom(...STRATEGIES),
      moveCost: fc.constantFrom(0, 0.02, 0.1, 0.5),
    }),
  );
/** Everything gets on, is measured, and each number is held by one member: what a group is like after its first join. */
const healthy = anything
  .filter(({ members, strategy }) => members.length > 0 && strategy !== "round-robin")
  .chain((input) =>
    fc
      .array(fc.nat(input.members.length - 1), {
        minLength: input.partitions.length,
        maxLength: input.partitions.length,
      })
      .map((holders) => held(input, holders)),
  );

function held(input: PlacementInput, holders: readonly number[]): PlacementInput {
  const numbers = input.partitions.map(({ number }) => number);
  return {
    ...input,
    members: input.members.map((member, index) => ({
      ...member,
      stuck: [],
      holds: numbers.filter((number) => holders[number] === index),
    })),
    partitions: input.partitions.map((each) => ({ ...each, work: each.work ?? 0.1, lag: 0 })),
  };
}

function asHeld(input: PlacementInput, placement: Placement): PlacementInput {
  return {
    ...input,
    members: input.members.map((member) => ({ ...member, holds: placement.get(member.id)! })),
  };
}

function movedOf(input: PlacementInput, placement: Placement): number[] {
  return input.members.flatMap(({ id, holds }) =>
    holds.filter((number) => !placement.get(id)!.includes(number)),
  );
}

/** How busy members are with what they hold. */
function busyOf(input: PlacementInput, placement: Placement): Map<string, number> {
  const loads = loadsOf(input.partitions);
  const capacities = capacitiesOf(input);
  return new Map(
    input.members.map(({ id }, index) => [
      id,
      placement.get(id)!.reduce((sum, number) => sum + loads.get(number)!, 0) / capacities[index]!,
    ]),
  );
}

function member(id: string, holds: readonly number[], more: Partial<PlacementMember> = {}): PlacementMember {
  return { id, weight: 100, holds, elsewhere: 0, stuck: [], ...more };
}

function works(...work: (number | undefined)[]): PlacedPartition[] {
  return work.map((each, number) => ({ number, work: each, lag: 0 }));
}

function placed(input: Partial<PlacementInput>): Record<string, readonly number[]> {
  return Object.fromEntries(
    place({ members: [], partitions: [], strategy: "adaptive", moveCost: 0.1, ...input }),
  );
}

describe("any placement", () => {
  it("gives every partition to exactly one member, and every member an entry", () => {
    fc.assert(
      fc.property(anything, (input) => {
        const placement = place(input);
        expect([...placement.keys()].sort()).toEqual(input.members.map(({ id }) => id).sort());
        const given = [...placement.values()].flat().sort((a, b) => a - b);
        expect(given).toEqual(input.members.length === 0 ? [] : input.partitions.map(({ number }) => number));
      }),
      { numRuns: 500 },
    );
  });

  it("is the same in whatever order members, partitions and what they hold come", () => {
    fc.assert(
      fc.property(anything, (input) => {
        const members = input.members
          .map((each) => ({ ...each, holds: [...each.holds].reverse() }))
          .reverse();
        const partitions = [...input.partitions].reverse();
        expect(place({ ...input, members, partitions })).toEqual(place(input));
      }),
    );
  });

  it("stays as it is when nothing has changed since", () => {
    fc.assert(
      fc.property(healthy, (input) => {
        const settled = asHeld(input, place(input));
        expect(movedOf(settled, place(settled))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves no single move that would save more than it costs", () => {
    fc.assert(
      fc.property(healthy, (input) => {
        const placement = place(input);
        const loads = loadsOf(input.partitions);
        const busy = busyOf(input, placement);
        const capacities = new Map(
          capacitiesOf(input).map((each, index) => [input.members[index]!.id, each]),
        );
        for (const [from, numbers] of placement) {
          for (const to of placement.keys()) {
            if (to === from) continue;
            for (const number of numbers) {
              const load = loads.get(number)!;
              const after = Math.max(
                busy.get(from)! - load / capacities.get(from)!,
                busy.get(to)! + load / capacities.get(to)!,
              );
              const least = Math.max(input.moveCost, 0.005);
              expect(busy.get(from)! - after).toBeLessThanOrEqual(least + EXACTNESS);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never makes the busiest member busier", () => {
    fc.assert(
      fc.property(healthy, (input) => {
        const before = new Map(input.members.map(({ id, holds }) => [id, holds]));
        const busiest = (placement: Placement) => Math.max(...busyOf(input, placement).values());
        expect(busiest(place(input))).toBeLessThanOrEqual(busiest(before) + EXACTNESS);
      }),
    );
  });

  it("moves nothing for a gain below the cost: equal numbers of partitions, and less than the cost between members", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom("least-loaded" as const, "weighted" as const, "adaptive" as const),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (count, each, strategy, chances) => {
          const members = Array.from({ length: count }, (_, index) =>
            member(
              `m${index}`,
              Array.from({ length: each }, (_, place) => index * each + place),
            ),
          );
          // All loads of a member together differ by less than the cost, so no move between two can save as much.
          const partitions = works(
            ...Array.from({ length: count * each }, () => (0.1 * chances.next().value!) / each),
          );
          const input: PlacementInput = { members, partitions, strategy, moveCost: 0.1 };
          expect(movedOf(input, place(input))).toEqual([]);
        },
      ),
    );
  });

  it("moves between old members, when one joins, only what has a load", () => {
    fc.assert(
      fc.property(healthy, (input) => {
        // Speeds and lags aside: they change what the others can do, too.
        const settled = {
          ...input,
          members: input.members.map((each) => ({ ...each, elsewhere: 0, weight: 100 })),
        };
        const before = asHeld(settled, place(settled));
        const joined = { ...before, members: [...before.members, member("new", [])] };
        const placement = place(joined);
        const first = movedOf(joined, placement).filter((number) => !placement.get("new")!.includes(number));
        // Loads that were even enough may pay to even out once there is room; numbers alone never do.
        const loads = loadsOf(input.partitions);
        for (const number of first) expect(loads.get(number)).toBeGreaterThan(0);
      }),
    );
  });

  it("depends on the weights' proportions only", () => {
    fc.assert(
      fc.property(healthy, (input) => {
        const members = input.members.map((each) => ({ ...each, weight: each.weight * 2 }));
        expect(place({ ...input, members })).toEqual(place(input));
      }),
    );
  });
});

describe("round-robin", () => {
  it("is partition modulo members, in order of member id, whatever is measured", () => {
    const members = [member("b", [0, 1, 2]), member("a", [], { elsewhere: 1 })];
    expect(placed({ members, partitions: works(0.9, 0.9, 0.1, 0, 0), strategy: "round-robin" })).toEqual({
      a: [0, 2, 4],
      b: [1, 3],
    });
  });
});

describe("a placement by load", () => {
  it("spreads what nobody has measured by number, like round-robin", () => {
    const members = [member("a", []), member("b", [])];
    expect(
      placed({ members, partitions: works(undefined, undefined, undefined, undefined, undefined) }),
    ).toEqual({ a: [0, 2, 4], b: [1, 3] });
  });

  it("gives a hot shard a member of its own", () => {
    const members = [member("a", [0, 1, 2]), member("b", [3, 4])];
    expect(placed({ members, partitions: works(0.7, 0.15, 0.15, 0.1, 0.1) })).toEqual({
      a: [0],
      b: [1, 2, 3, 4],
    });
  });

  it("moves many light ones together where each alone wouldn't pay", () => {
    const numbers = Array.from({ length: 32 }, (_, index) => index);
    const members = [
      member("a", numbers),
      member(
        "b",
        numbers.map((number) => number + 32),
      ),
    ];
    const partitions = works(...numbers.map(() => 0.025), ...numbers.map(() => 0));
    const { a, b } = placed({ members, partitions }) as { a: number[]; b: number[] };
    const load = (share: number[]) => share.filter((number) => number < 32).length * 0.025;
    expect(Math.abs(load(a) - load(b))).toBeLessThanOrEqual(0.1);
  });

  it("gives a new member its share of the numbers though nothing is under way, and no more than that", () => {
    const members = [member("a", [0, 1, 2, 3, 4]), member("b", [])];
    expect(placed({ members, partitions: works(0, 0, 0, 0, 0) })).toEqual({ a: [0, 1, 2], b: [3, 4] });
  });

  it("gives the partitions of a member that died to the less busy ones, by the load that is remembered", () => {
    const members = [member("a", [0]), member("b", [1])];
    expect(placed({ members, partitions: works(0.6, 0.2, 0.5, 0.1) })).toEqual({ a: [0, 3], b: [1, 2] });
  });

  it("spreads spare numbers that appear later evenly", () => {
    const members = [member("a", [0]), member("b", [1])];
    const { a, b } = placed({ members, partitions: works(0.5, 0.1, 0, 0, 0, 0, 0, 0, 0, 0) });
    expect([a!.length, b!.length]).toEqual([5, 5]);
  });

  it("gives nothing to a member that it doesn't need", () => {
    const members = [member("a", [0]), member("b", []), member("c", [])];
    expect(placed({ members, partitions: works(0.9) })).toEqual({ a: [0], b: [], c: [] });
  });
});

describe("numbers", () => {
  it("aren't evened out where that would make the busiest member busier", () => {
    // a has 1 of 9 and is short of them, but has as much to do as b with its 8.
    const members = [member("a", [0]), member("b", [1, 2, 3, 4, 5, 6, 7, 8])];
    const partitions = works(0.8, ...Array.from({ length: 8 }, () => 0.1));
    expect(placed({ members, partitions }).a).toEqual([0]);
  });
});

describe("weights", () => {
  const partitions = works(...Array.from({ length: 9 }, () => 0.1));
  const all = partitions.map(({ number }) => number);

  it("count in `weighted` and `adaptive`, and not in `least-loaded`", () => {
    const members = [member("a", all, { weight: 200 }), member("b", [])];
    const of = (strategy: PlacementInput["strategy"]) => placed({ members, partitions, strategy }).a!.length;
    expect(of("weighted")).toBe(6);
    expect(of("adaptive")).toBe(6);
    expect(of("least-loaded")).toBe(5);
  });

  it("are all that counts in `weighted`: what a member does besides makes no difference", () => {
    const members = [member("a", [0, 1, 2, 3], { elsewhere: 0.9 }), member("b", [4, 5, 6, 7, 8])];
    expect(placed({ members, partitions, strategy: "weighted" }).a).toHaveLength(4);
    expect(placed({ members, partitions, strategy: "adaptive" }).a!.length).toBeLessThan(4);
  });
});

describe("adaptive", () => {
  const even = [member("a", [0, 1]), member("b", [2, 3])];

  it("takes from a member that falls behind, though its work is no more than the other's", () => {
    const behind = works(0.4, 0.3, 0.4, 0.3).map((each) => (each.number < 2 ? { ...each, lag: 20 } : each));
    const { a } = placed({ members: even, partitions: behind });
    expect(a).toHaveLength(1);
  });

  it("takes from a member that is busy with other things", () => {
    const busy = [{ ...even[0]!, elsewhere: 0.6 }, even[1]!];
    expect(placed({ members: busy, partitions: works(0.3, 0.1, 0.1, 0.1) }).a).toEqual([1]);
    expect(
      placed({ members: busy, partitions: works(0.3, 0.1, 0.1, 0.1), strategy: "least-loaded" }).a,
    ).toEqual([0, 1]);
  });

  it("gives nothing to a member on which everything is stuck, while another gets on", () => {
    const stuck = [member("a", [0, 1], { stuck: [0, 1] }), member("b", [2, 3])];
    expect(placed({ members: stuck, partitions: works(0, 0, 0.1, 0.1) })).toEqual({ a: [], b: [0, 1, 2, 3] });
  });
});

describe("a stuck partition", () => {
  it("is offered to one other member, and stays there when it is stuck there as well", () => {
    const partitions = works(0, 0.1, 0.1, 0.1, 0.1, 0.1);
    const first = [member("a", [0, 1], { stuck: [0] }), member("b", [2, 3]), member("c", [4, 5])];
    const offered = placed({ members: first, partitions });
    expect(offered.a).toEqual([1]);
    const taker = offered.b!.includes(0) ? "b" : "c";
    const second = first.map((each) => ({
      ...each,
      holds: offered[each.id]!,
      stuck: ["a", taker].includes(each.id) ? [0] : [],
    }));
    expect(placed({ members: second, partitions })[taker]).toContain(0);
  });

  it("doesn't move any more for load or number, when two couldn't run it", () => {
    const members = [
      member("a", [0, 1, 2, 3], { stuck: [0, 1, 2, 3] }),
      member("b", [], { stuck: [0, 1, 2, 3] }),
    ];
    expect(placed({ members, partitions: works(0.5, 0.5, 0, 0) }).a).toEqual([0, 1, 2, 3]);
  });

  it("stays where there is nobody else", () => {
    expect(placed({ members: [member("a", [0, 1], { stuck: [0] })], partitions: works(0, 0) })).toEqual({
      a: [0, 1],
    });
  });
});
