import fc from "fast-check";
import { expect, it } from "vitest";
import { accountKey, escrowKey, type StateKey } from "../../ledger/state/key.js";
import { accountValue, escrowValue, MemoryState, type StateValue } from "../../ledger/state/state.js";
import { NO_TOTALS, TalliedState, withValue } from "../../ledger/state/tally.js";

const id = (number: number) => Buffer.alloc(20, number);
const change = fc.oneof(
  fc.record({ account: fc.nat(5), balance: fc.option(fc.bigInt({ min: 0n, max: 1_000n })) }),
  fc.record({ escrow: fc.nat(3), amount: fc.option(fc.bigInt({ min: 1n, max: 1_000n })) }),
);

it("the tally is what counting the whole state gives, whatever changes", () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 20 }), (blocks) => {
      const state = new MemoryState();
      const tallied = new TalliedState(state);
      for (const changes of blocks) {
        tallied.apply(
          new Map(
            changes.map((one): [StateKey, StateValue | null] => {
              if ("account" in one) {
                const { account, balance } = one;
                const value = balance === null ? null : accountValue({ balance, nonce: 1, escrowed: 0n });
                return [accountKey(id(account)), value];
              }
              const { escrow, amount } = one;
              const fields = { sender: id(0), recipient: id(1), deadline: 1 };
              const value = amount === null ? null : escrowValue({ ...fields, amount });
              return [escrowKey(id(0), Buffer.alloc(32, escrow)), value];
            }),
          ),
        );
      }
      let totals = NO_TOTALS;
      for (const [key, value] of state.values) totals = withValue(totals, key, value);
      expect(tallied.changed).toEqual(totals);
    }),
  );
});
