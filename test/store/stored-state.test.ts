import fc from "fast-check";
import { expect, it } from "vitest";
import { accountKey, type StateKey } from "../../ledger/state/key.js";
import { accountValue, type StateValue } from "../../ledger/state/state.js";
import { encodeStateValue, stateStoreKey } from "../../processors/chain/store-layout.js";
import { StoredState } from "../../runtime/store/stored-state.js";
import { MemoryStore } from "../support/topics.js";

const KEYS = 12;
const keyOf = (number: number): StateKey => accountKey(Buffer.alloc(20, number));
const holding = (balance: number): StateValue =>
  accountValue({ balance: BigInt(balance), nonce: 0, escrowed: 0n });

/** A block's changes, then how many of the oldest unstored blocks are stored. */
const turn = fc.record({
  changes: fc.array(fc.tuple(fc.nat(KEYS - 1), fc.option(fc.nat(1_000))), { maxLength: 4 }),
  stored: fc.nat(3),
});

it("has what was applied last, stored or not, whenever it is asked", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 60 }), async (turns) => {
      const store = new MemoryStore();
      const state = new StoredState(store);
      const model = new Map<StateKey, StateValue>();
      const waiting: Map<StateKey, StateValue | null>[] = [];
      for (const { changes, stored } of turns) {
        const block = new Map<StateKey, StateValue | null>(
          changes.map(([number, balance]) => [keyOf(number), balance === null ? null : holding(balance)]),
        );
        state.apply(block);
        waiting.push(block);
        for (const [key, value] of block) {
          if (value) model.set(key, value);
          else model.delete(key);
        }
        for (const done of waiting.splice(0, stored)) {
          await store.write(
            Array.from(done, ([key, value]) => [
              stateStoreKey(key),
              value && encodeStateValue(1, Buffer.alloc(32), value),
            ]),
          );
          state.stored(done);
        }
        for (let number = 0; number < KEYS; number++)
          expect(state.get(keyOf(number))).toEqual(model.get(keyOf(number)));
      }
    }),
    { numRuns: 200 },
  );
});
