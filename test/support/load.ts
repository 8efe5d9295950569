import type { InputRecord } from "../../processors/stage.js";
import type { Chance } from "../../simulator/kernel/random.js";
import { ONE, type TestNetwork, type Wallet } from "../../simulator/world/network.js";
import type { Pipeline } from "./pipeline.js";

/** What a load must lead to, by a model that knows neither blocks nor shards' logs. */
export class Expectation {
  readonly statuses = new Map<string, string>();
  readonly balances = new Map<Wallet, bigint>();
  fees = 0n;

  expect({ partition, offset }: InputRecord, status: string): void {
    this.statuses.set(`${partition}:${offset}`, status);
  }

  add(wallet: Wallet, change: bigint): void {
    this.balances.set(wallet, (this.balances.get(wallet) ?? 0n) + change);
  }
}

/**
 * Submits one record: mostly transfers that must succeed (each sender is the key, so nonces come in order, and balances are
 * far above what is sent), now and then one that must be refused, with what must become of it.
 */
export function submitOne(pipeline: Pipeline, net: TestNetwork, chance: Chance, expected: Expectation): void {
  const from = net.wallets[chance(net.wallets.length)]!;
  const to = net.wallets[chance(net.wallets.length)]!;
  const kind = chance(10);
  if (kind === 0) {
    expected.expect(
      pipeline.publish(Buffer.of(chance(256), chance(256), 7), from.account),
      "REJECTED MALFORMED",
    );
    return;
  }
  if (kind === 1 && from.nonce > 0) {
    // A nonce that an earlier record of the same sender in the same partition uses.
    const nonce = chance(from.nonce);
    expected.expect(pipeline.pay(from, to, ONE, { nonce }), "FINAL NONCE_USED");
    return;
  }
  if (kind === 2) {
    const record = pipeline.pay(from, to, 10n ** 30n, { nonce: from.nonce });
    expected.expect(record, "FINAL INSUFFICIENT_BALANCE");
    return;
  }
  const amount = BigInt(1 + chance(1_000_000)) * 10n ** 9n;
  const gasPrice = BigInt(chance(3));
  expected.expect(
    pipeline.pay(from, to, amount, { gasPrice }),
    from.shard === to.shard ? "FINAL" : "COMPLETED",
  );
  expected.add(from, -amount - 21_000n * gasPrice);
  expected.add(to, amount);
  expected.fees += 21_000n * gasPrice;
}
