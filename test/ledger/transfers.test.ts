import { describe, expect, it } from "vitest";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import { accountKey, feeAccountKey, shardKey } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { NONCE_MAX } from "../../ledger/transaction/index.js";
import type { AccountState } from "../../schemas/generated.js";
import {
  INITIAL_BALANCE,
  makeTestNetwork,
  ONE,
  START_MS,
  type TestNetworkOptions,
} from "../../simulator/world/network.js";
import { ShardLog } from "../support/shard-log.js";

const GAS = 21_000n;

/** A shard in which wallet 0 pays wallet 1 of the same shard unless said otherwise. */
function scene(balanceOf?: TestNetworkOptions["balanceOf"]) {
  const net = makeTestNetwork(balanceOf && { balanceOf });
  const log = new ShardLog(net, 1);
  const [a, b] = [net.wallet(1), net.wallet(1, 1)];
  const { prefix } = net.network.topology.shard(1);
  const account = (id: Buffer): AccountState | undefined => asAccount(log.state.get(accountKey(id)));
  return {
    net,
    log,
    a,
    b,
    account,
    fees: () => asAccount(log.state.get(feeAccountKey(prefix)))?.balance ?? 0n,
    ownKey: shardKey(prefix),
    /** Applies one transaction in a block of its own; its receipt. */
    apply: (transaction: Parameters<ShardLog["submit"]>[0], sender = a.account) => {
      log.submit(transaction, sender);
      return log.cut().block!.receipts[0]!;
    },
  };
}

describe("a transfer", () => {
  it("moves the amount, uses the nonce and pays intrinsic gas times price to the shard's fee account", () => {
    const { a, b, account, apply, fees } = scene();
    // More gas than needed costs no more; 16 for a byte of data, 4 for a zero.
    const data = Buffer.of(1, 0);
    const receipt = apply(a.pay(b, 5n * ONE, { gasLimit: 1_000_000, gasPrice: 3n, data }));
    const fee = (GAS + 20n) * 3n;
    expect(receipt).toMatchObject({ kind: "TRANSFER", code: "", amount: 5n * ONE, fee });
    expect(account(a.account)).toMatchObject({ balance: INITIAL_BALANCE - 5n * ONE - fee, nonce: 1 });
    expect(account(b.account)).toMatchObject({ balance: INITIAL_BALANCE + 5n * ONE, nonce: 0 });
    expect(fees()).toBe(fee);
  });

  it("may spend everything, to the last unit", () => {
    const { a, b, account, apply } = scene();
    apply(a.pay(b, INITIAL_BALANCE - GAS, { gasPrice: 1n }));
    expect(account(a.account)).toMatchObject({ balance: 0n, nonce: 1 });
  });

  it("to oneself costs the fee alone, and needs the amount", () => {
    const { a, account, apply } = scene();
    expect(apply(a.pay(a, INITIAL_BALANCE, { gasPrice: 1n }))).toMatchObject({
      code: "INSUFFICIENT_BALANCE",
    });
    expect(apply(a.pay(a, INITIAL_BALANCE - GAS, { nonce: 0, gasPrice: 1n }))).toMatchObject({
      kind: "TRANSFER",
    });
    expect(account(a.account)).toMatchObject({ balance: INITIAL_BALANCE - GAS, nonce: 1 });
  });

  it("to an account that nobody had before makes it", () => {
    const { a, account, apply, net } = scene();
    let id = Buffer.alloc(20);
    while (net.network.topology.shardOf(id) !== 1) id = Buffer.from(id.map((byte) => byte + 1));
    apply(a.pay(id, ONE));
    expect(account(id)).toMatchObject({ balance: ONE, nonce: 0 });
  });

  it("of nothing is allowed in the scheme ETHEREUM; it ends where it began, wherever it goes", () => {
    const { b, account, apply, log, net } = scene();
    for (const [nonce, to] of [net.wallet(1).account, net.wallet(3).account, b.account].entries()) {
      expect(apply(b.pay(to, 0n), b.account)).toMatchObject({ kind: "TRANSFER", amount: 0n });
      expect(account(b.account)).toMatchObject({ balance: INITIAL_BALANCE, nonce: nonce + 1 });
    }
    const nobody = Buffer.alloc(20, 1);
    apply(b.pay(nobody, 0n), b.account);
    expect(account(nobody), "makes no account (EIP-161)").toBeUndefined();
    for (const block of log.blocks) expect(block.bundles).toEqual([]);
  });

  it("to another shard puts the amount into escrow and asks the main chain", () => {
    const { a, account, apply, log, net } = scene();
    const to = net.wallet(3);
    const receipt = apply(a.pay(to, 7n * ONE, { gasPrice: 1n, priority: "HIGH" }));
    expect(receipt).toMatchObject({ kind: "PREPARED", code: "", fee: GAS });
    expect(account(a.account)).toMatchObject({ balance: INITIAL_BALANCE - 7n * ONE - GAS, nonce: 1 });
    expect(account(to.account)).toBeUndefined();
    const deadline = START_MS + net.network.genesis.parameters.crossShardDeadlineMs;
    const bundle = log.blocks[0]!.bundles[0]!;
    expect(bundle.destination).toBe(MAIN_CHAIN);
    expect(bundle.messages).toMatchObject([
      { kind: "PREPARE", source: 1, destination: MAIN_CHAIN, amount: 7n * ONE, deadline, priority: "HIGH" },
    ]);
  });

  it("that applies in one block after another sees what the first one left", () => {
    const { a, b, account, log, net } = scene();
    log.submit(a.pay(b, INITIAL_BALANCE), a.account);
    log.submit(b.pay(net.wallet(1, 2), 2n * INITIAL_BALANCE), b.account);
    log.cut();
    expect(log.blocks[0]!.receipts.map(({ kind }) => kind)).toEqual(["TRANSFER", "TRANSFER"]);
    expect(account(b.account)?.balance).toBe(0n);
  });

  it("is in time up to and with its valid-until", () => {
    const { a, b, apply, log } = scene();
    log.nowMs = START_MS + 500;
    expect(apply(a.pay(b, ONE, { validUntil: START_MS + 500 }))).toMatchObject({ kind: "TRANSFER" });
    expect(apply(a.pay(b, ONE, { validUntil: START_MS + 499 }))).toMatchObject({ code: "EXPIRED" });
  });
});

describe("a refused transaction", () => {
  const full = AMOUNT_LIMIT - 1n;
  const cases: [
    string,
    string,
    (at: ReturnType<typeof scene>) => ReturnType<ReturnType<typeof scene>["a"]["pay"]>,
  ][] = [
    ["NONCE_USED", "a nonce below the next", ({ a, b }) => a.pay(b, ONE, { nonce: 0, gasPrice: 1n })],
    ["NONCE_GAP", "a nonce above the next", ({ a, b }) => a.pay(b, ONE, { nonce: 2, gasPrice: 1n })],
    ["NONCE_GAP", "the highest nonce", ({ a, b }) => a.pay(b, ONE, { nonce: NONCE_MAX, gasPrice: 1n })],
    ["INSUFFICIENT_BALANCE", "more than there is", ({ a, b }) => a.pay(b, INITIAL_BALANCE)],
    [
      "INSUFFICIENT_BALANCE",
      "a fee that is one unit too high",
      ({ a, b }) => a.pay(b, INITIAL_BALANCE - ONE - GAS + 1n, { gasPrice: 1n }),
    ],
    ["INSUFFICIENT_BALANCE", "the largest amount", ({ a, b }) => a.pay(b, full)],
    ["INSUFFICIENT_BALANCE", "to another shard", ({ a, net }) => a.pay(net.wallet(2), INITIAL_BALANCE)],
    ["EXPIRED", "too late", ({ a, b }) => a.pay(b, ONE, { validUntil: START_MS - 1, gasPrice: 1n })],
    [
      "BALANCE_OVERFLOW",
      "a recipient who is full",
      ({ a, net }) => a.pay(net.wallet(1, 2), 1n, { gasPrice: 1n }),
    ],
  ];

  it.each(cases)("changes nothing, nonce and fee included: %s, %s", (code, _what, make) => {
    const at = scene(({ shard }, index) => (shard === 1 && index === 2 ? full : undefined));
    at.apply(at.a.pay(at.b, ONE));
    const before = new Map(at.log.state.values);
    expect(at.apply(make(at))).toMatchObject({
      kind: "REFUSED",
      code,
      fee: 0n,
      sourcePartition: 0,
      sourceOffset: 1,
    });
    const block = at.log.blocks.at(-1)!;
    expect([...block.changes.keys()], "only the mark moved").toEqual([at.ownKey]);
    expect(block.bundles).toEqual([]);
    at.log.state.values.delete(at.ownKey);
    before.delete(at.ownKey);
    expect(at.log.state.values).toEqual(before);
    at.a.nonce = 1;
    expect(at.apply(at.a.pay(at.b, ONE)), "the next one counts").toMatchObject({ kind: "TRANSFER" });
  });
});

describe("amounts at their bounds", () => {
  it("let a balance become 10^38 - 1, and no more", () => {
    const { a, apply, account, net } = scene(({ shard }, index) =>
      shard === 1 && index === 2 ? AMOUNT_LIMIT - 10n : undefined,
    );
    const rich = net.wallet(1, 2);
    expect(apply(a.pay(rich, 10n))).toMatchObject({ code: "BALANCE_OVERFLOW" });
    expect(apply(a.pay(rich, 9n, { nonce: 0 }))).toMatchObject({ kind: "TRANSFER" });
    expect(account(rich.account)?.balance).toBe(AMOUNT_LIMIT - 1n);
  });

  it("let the rich pay themselves and others", () => {
    const { b, apply, account, net } = scene(({ shard }, index) =>
      shard === 1 && index === 2 ? AMOUNT_LIMIT - 1n : undefined,
    );
    const rich = net.wallet(1, 2);
    expect(apply(rich.pay(rich, AMOUNT_LIMIT - 1n), rich.account)).toMatchObject({ kind: "TRANSFER" });
    expect(apply(rich.pay(b, AMOUNT_LIMIT - 1n - INITIAL_BALANCE), rich.account)).toMatchObject({
      kind: "TRANSFER",
    });
    expect(account(b.account)?.balance).toBe(AMOUNT_LIMIT - 1n);
  });

  it("refuse a fee that the fee account can't take", () => {
    const huge = AMOUNT_LIMIT - 1n;
    const { a, apply, fees, net } = scene(({ shard }, index) =>
      shard === 1 && index !== 1 ? huge : undefined,
    );
    const third = net.wallet(1, 2);
    const price = (huge - ONE) / GAS;
    expect(apply(a.pay(a, ONE, { gasPrice: price }))).toMatchObject({ kind: "TRANSFER" });
    const before = fees();
    expect(apply(third.pay(third, ONE, { gasPrice: price }), third.account)).toMatchObject({
      code: "BALANCE_OVERFLOW",
    });
    expect(fees()).toBe(before);
  });
});
