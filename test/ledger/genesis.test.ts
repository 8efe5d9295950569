import { describe, expect, it } from "vitest";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { Allocation } from "../../ledger/genesis/allocation.js";
import {
  ACCOUNTS_PER_PART,
  allocate,
  checkGenesis,
  genesisHash,
  initialState,
  makeGenesis,
  totalAllocated,
} from "../../ledger/genesis/genesis.js";
import { NONCE_MAX } from "../../ledger/transaction/index.js";
import type { Genesis, GenesisAccount } from "../../schemas/generated.js";
import { makeTestNetwork } from "../../simulator/world/network.js";

const { network } = makeTestNetwork();
const { genesis, allocation } = network;
const account = (index: number, balance = 1n): GenesisAccount => ({
  account: sha256(Buffer.from(`account ${index}`)).subarray(0, 20),
  balance,
  nonce: 0,
});

/** Each field changed a little, nested ones too, with its path. */
function* variants(value: unknown, path = ""): Generator<[path: string, changed: unknown]> {
  if (typeof value === "number") yield [path, value + 1];
  else if (typeof value === "string") yield [path, `${value}x`];
  else if (typeof value === "boolean") yield [path, !value];
  else if (Buffer.isBuffer(value)) yield [path, Buffer.concat([Buffer.of(value[0]! ^ 1), value.subarray(1)])];
  else if (Array.isArray(value)) {
    yield [`${path} without its last`, value.slice(0, -1)];
    yield [`${path} in another order`, value.toReversed()];
    for (const [where, changed] of variants(value[0], `${path}[0]`)) yield [where, value.with(0, changed)];
  } else {
    for (const [key, field] of Object.entries(value as object)) {
      for (const [where, changed] of variants(field, `${path}.${key}`)) {
        yield [where, { ...(value as object), [key]: changed }];
      }
    }
  }
}

describe("genesis", () => {
  it("has a hash that changes with every field", () => {
    const hashes = new Map([[network.hash.toString("hex"), "unchanged"]]);
    for (const [path, changed] of variants(genesis)) {
      const hash = genesisHash(changed as Genesis).toString("hex");
      expect(hashes.get(hash), `${path} gives the hash of another variant`).toBeUndefined();
      hashes.set(hash, path);
    }
    // 10 parameters, 4 fields of a shard and 4 of a validator, 2 + 2 changes of lists, 10 plain fields.
    expect(hashes.size - 1).toBe(10 + 4 + 4 + 4 + 9);
  });

  it("has a hash that changes with every account", () => {
    const make = (accounts: GenesisAccount[]) => makeGenesis(genesis, accounts).hash.toString("hex");
    const accounts = [account(1), account(2)];
    const hashes = [
      make(accounts),
      make([account(1)]),
      make([account(1), account(3)]),
      make([account(1), account(2, 2n)]),
      make([account(1), { ...account(2), nonce: 1 }]),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(make(accounts.toReversed()), "their order doesn't matter").toBe(hashes[0]);
  });

  it("refuses an allocation that isn't the one it names", () => {
    expect(checkGenesis(genesis, allocation).hash).toEqual(network.hash);
    const [part] = allocation;
    const richer = part!.accounts.with(0, { ...part!.accounts[0]!, balance: 10n ** 30n });
    for (const wrong of [
      [],
      [part!, part!],
      [{ ...part!, accounts: richer }],
      [{ ...part!, accounts: part!.accounts.slice(1) }],
      [{ ...part!, part: 1 }],
    ]) {
      expect(() => checkGenesis(genesis, Allocation.of(wrong))).toThrow(RangeError);
    }
  });

  it("refuses an account twice, an unknown consensus module, a validator twice or without stake", () => {
    expect(() => makeGenesis(genesis, [account(1), account(1)])).toThrow(RangeError);
    const [first] = genesis.validators;
    for (const change of [
      { consensus: "proof-of-work" },
      { consensus: "solo" },
      { validators: [] },
      { validators: [first!, first!] },
      { validators: [{ ...first!, stake: 0 }] },
      { validators: [{ ...first!, stake: -5 }] },
    ]) {
      expect(() => makeGenesis({ ...genesis, ...change }, []), JSON.stringify(change)).toThrow(RangeError);
    }
  });

  it("refuses balances that are no amounts, and nonces out of bounds", () => {
    for (const balance of [-1n, AMOUNT_LIMIT]) {
      expect(() => makeGenesis(genesis, [account(1, balance)]), String(balance)).toThrow(RangeError);
    }
    for (const nonce of [-1, 0.5, NONCE_MAX + 1]) {
      expect(() => makeGenesis(genesis, [{ ...account(1), nonce }]), String(nonce)).toThrow(RangeError);
    }
  });

  it("splits a long allocation into parts, in ascending order over all of them", () => {
    const accounts = Array.from({ length: ACCOUNTS_PER_PART + 3 }, (_, index) => account(index));
    const parts = allocate(accounts);
    expect(parts.map(({ part, accounts: list }) => [part, list.length])).toEqual([
      [0, ACCOUNTS_PER_PART],
      [1, 3],
    ]);
    const ids = parts.flatMap((part) => part.accounts).map((entry) => entry.account.toString("hex"));
    expect(ids).toEqual(ids.toSorted());
    expect(allocate([])).toEqual([{ part: 0, accounts: [] }]);
  });

  it("places each account in one shard, and nothing on the main chain", () => {
    const states = genesis.shards.map(({ shard }) => initialState(network, shard));
    expect(states[0]!.size).toBe(0);
    expect(states.reduce((sum, state) => sum + state.size, 0)).toBe([...allocation][0]!.accounts.length);
    expect(totalAllocated(network)).toBe(
      [...allocation][0]!.accounts.reduce((sum, { balance }) => sum + balance, 0n),
    );
  });
});
