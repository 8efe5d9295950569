import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Turns, type Waiting } from "../../processors/relay/turns.js";
import type { Priority } from "../../schemas/generated.js";

interface Item extends Waiting {
  readonly number: number;
}
const item = (priority: Priority, messages: number, number = 0, isUrgent = false): Item => ({
  priority,
  messages,
  number,
  isUrgent,
});
const START_MS = 1_000_000;

describe("turns of priorities", () => {
  it("HIGH goes at once, MEDIUM as far as there is room in the turn, LOW once a second", () => {
    const turns = new Turns<Item>();
    turns.add(item("LOW", 10), START_MS + 1);
    turns.add(item("MEDIUM", 600, 1), START_MS + 1);
    turns.add(item("MEDIUM", 600, 2), START_MS + 1);
    turns.add(item("MEDIUM", 600, 3), START_MS + 1);
    turns.add(item("HIGH", 100), START_MS + 1);
    const goes = (nowMs: number) => turns.take(nowMs).map(({ priority, number }) => `${priority} ${number}`);
    expect(goes(START_MS + 1)).toEqual(["HIGH 0", "MEDIUM 1", "MEDIUM 2"]);
    expect(turns.nextAtMs).toBe(START_MS + 100);
    expect(goes(START_MS + 99)).toEqual([]);
    expect(goes(START_MS + 100)).toEqual(["MEDIUM 3"]);
    expect(turns.nextAtMs).toBe(START_MS + 1_000);
    expect(goes(START_MS + 999)).toEqual([]);
    expect(goes(START_MS + 1_000)).toEqual(["LOW 0"]);
    expect(turns.nextAtMs).toBeUndefined();
  });

  it("nothing of a priority waits where something of it is urgent", () => {
    const turns = new Turns<Item>();
    turns.add(item("LOW", 10, 1), START_MS);
    turns.add(item("LOW", 10, 2, true), START_MS);
    expect(turns.take(START_MS).map(({ number }) => number)).toEqual([1, 2]);
  });

  it("keeps each priority's order, and starves none however much of the higher ones comes", () => {
    const arrival = fc.record({
      priority: fc.constantFrom<Priority>("HIGH", "MEDIUM", "LOW"),
      messages: fc.nat(1_500),
      afterMs: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 80 }), (arrivals) => {
        const turns = new Turns<Item>();
        const out: Item[] = [];
        const waited: number[] = [];
        const cameMs = new Map<number, number>();
        let nowMs = START_MS;
        const take = () => {
          for (const taken of turns.take(nowMs)) {
            out.push(taken);
            waited.push(nowMs - cameMs.get(taken.number)!);
          }
        };
        arrivals.forEach(({ priority, messages, afterMs }, number) => {
          nowMs += afterMs;
          cameMs.set(number, nowMs);
          // HIGH fills every turn.
          turns.add(item("HIGH", 2_000, -1), nowMs);
          cameMs.set(-1, nowMs);
          turns.add(item(priority, messages, number), nowMs);
          take();
        });
        let looks = 0;
        while (turns.nextAtMs !== undefined && looks++ < 10_000) {
          nowMs = Math.max(nowMs + 1, turns.nextAtMs);
          turns.add(item("HIGH", 2_000, -1), nowMs);
          cameMs.set(-1, nowMs);
          take();
        }
        const all = out.filter(({ number }) => number >= 0);
        expect(all).toHaveLength(arrivals.length);
        for (const priority of ["HIGH", "MEDIUM", "LOW"] as const) {
          const numbers = all.filter((taken) => taken.priority === priority).map(({ number }) => number);
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        }
        // At least one of MEDIUM goes each turn of 100 ms, one of LOW each second.
        expect(Math.max(0, ...waited)).toBeLessThanOrEqual(1_000 * (arrivals.length + 1));
      }),
      { numRuns: 60 },
    );
  });
});
