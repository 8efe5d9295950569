import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { Conservation } from "../../ledger/conservation.js";
import { totalAllocated } from "../../ledger/genesis/genesis.js";
import { accountKey } from "../../ledger/state/key.js";
import { asAccount, asEscrow } from "../../ledger/state/state.js";
import { type Chance, seeded } from "../../simulator/kernel/random.js";
import { makeTestNetwork, ONE, type TestNetwork } from "../../simulator/world/network.js";
import { ShardLog } from "../support/shard-log.js";

const DEADLINE_MS = 400;

/** All shards' logs with a carrier between them, and what adds up after each closed block. */
class Shards {
  readonly logs: ShardLog[];
  /** Bundles of closed blocks that have not been delivered, in channel order, by `from-to`. */
  private readonly channels = new Map<string, (() => void)[]>();
  private readonly conservation = new Conservation();
  readonly kinds = new Map<string, number>();
  private readonly seen: number[];
  private readonly total: bigint;

  constructor(readonly net: TestNetwork) {
    this.logs = net.network.genesis.shards.map(({ shard }) => new ShardLog(net, shard));
    this.seen = this.logs.map(() => 0);
    this.total = totalAllocated(net.network);
  }

  get undelivered(): (() => void)[][] {
    return [...this.channels.values()].filter((queue) => queue.length > 0);
  }

  /** Takes in the blocks that a shard closed since the last look, and checks the sum after each. */
  settle(): void {
    for (const log of this.logs) {
      for (; this.seen[log.shard]! < log.blocks.length; this.seen[log.shard]!++) {
        this.take(log.shard, log.blocks[this.seen[log.shard]!]!);
      }
    }
    this.checkSum();
  }

  private take(shard: number, block: ExecutedBlock): void {
    for (const { kind } of block.receipts) this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    expect(this.conservation.take(block.receipts), "completed as it was credited").toBeDefined();
    for (const bundle of block.bundles) {
      const name = `${shard}-${bundle.destination}`;
      const queue = this.channels.get(name) ?? [];
      this.channels.set(name, queue);
      queue.push(() => this.logs[bundle.destination]!.deliver(block, bundle));
    }
  }

  private checkSum(): void {
    for (const log of this.logs) {
      let owed = 0n;
      for (const value of log.state.values.values()) {
        const { balance, escrowed } = asAccount(value) ?? { balance: 0n, escrowed: 0n };
        expect(balance >= 0n && escrowed >= 0n && balance + escrowed < AMOUNT_LIMIT).toBe(true);
        owed += (asEscrow(value)?.amount ?? 0n) - escrowed;
      }
      expect(owed, "what accounts may get back is what is in escrow").toBe(0n);
    }
    expect(this.conservation.total(this.logs.map(({ state }) => state.values))).toEqual({
      least: this.total,
      most: this.total,
    });
  }

  get escrows(): number {
    return this.logs.reduce(
      (count, log) => count + [...log.state.values.values()].filter((value) => asEscrow(value)).length,
      0,
    );
  }
}

/** Random transfers, good and bad, cuts, deliveries and waits. */
function run(shards: Shards, chance: Chance, steps: number): void {
  const { net, logs } = shards;
  for (let step = 0; step < steps; step++) {
    for (const log of logs) log.nowMs += chance(40);
    const kind = chance(10);
    if (kind < 5) {
      const from = net.wallets[chance(net.wallets.length)]!;
      const to = net.wallets[chance(net.wallets.length)]!;
      const log = logs[from.shard]!;
      const { nonce } = asAccount(log.state.get(accountKey(from.account)))!;
      const amount = chance(12) === 0 ? AMOUNT_LIMIT - 1n : BigInt(chance(1_000)) * ONE;
      const gasPrice = BigInt(chance(4)) * 10n ** 9n;
      const transaction = from.pay(to, amount || 1n, { nonce: nonce + (chance(8) === 0 ? 1 : 0), gasPrice });
      log.submit(transaction, from.account, { sourcePartition: from.shard % 4 });
    } else if (kind < 8) {
      logs[chance(logs.length)]!.cut();
    } else {
      const queues = shards.undelivered;
      if (queues.length > 0) queues[chance(queues.length)]!.shift()!();
    }
    shards.settle();
  }
}

/** Cuts and delivers until nothing is under way. */
function finish(shards: Shards): void {
  do {
    for (const queue of shards.undelivered) queue.shift()!();
    for (const log of shards.logs) log.cut();
    shards.settle();
  } while (shards.undelivered.length > 0);
}

describe("value", () => {
  it("is neither made nor lost: balances, fees and escrow add up to the genesis after every block", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const chance = seeded(seed);
        const net = makeTestNetwork({
          parameters: { maximumEntriesPerBlock: 6, crossShardDeadlineMs: DEADLINE_MS },
          balanceOf: (_wallet, index) => (index % 5 === 0 ? AMOUNT_LIMIT - 1n : undefined),
        });
        const shards = new Shards(net);
        run(shards, chance, 250);
        finish(shards);
        expect(shards.escrows, "every transfer is settled").toBe(0);
        for (const kind of shards.kinds.keys()) kinds.add(kind);
      }),
      { seed: 6, numRuns: 12 },
    );
    // The load reaches every kind of receipt, or this test would show less than it says.
    expect([...kinds].sort()).toEqual([
      "CANCELLED",
      "COMPLETED",
      "CREDITED",
      "CREDIT_REFUSED",
      "FORWARDED",
      "PREPARED",
      "REFUNDED",
      "REFUSED",
      "TRANSFER",
    ]);
  });

  it("never takes a balance to 10^38, not even when a transfer comes back after others paid in", () => {
    const full = AMOUNT_LIMIT - 1n;
    const net = makeTestNetwork({
      balanceOf: ({ shard }, index) => (index === 0 || shard === 2 ? full : undefined),
    });
    const shards = new Shards(net);
    const [from, neighbour, to] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
    const log = shards.logs[1]!;
    log.submit(from.pay(to, 1_000n), from.account);
    log.cut();
    // The amount is in escrow, so there is room for as much; then the recipient, who is full, refuses it.
    log.submit(neighbour.pay(from, 1_000n), neighbour.account);
    log.cut();
    shards.settle();
    finish(shards);
    expect(shards.kinds.get("REFUNDED")).toBe(1);
    for (const value of log.state.values.values())
      expect(asAccount(value)?.balance ?? 0n).toBeLessThan(AMOUNT_LIMIT);
  });
});
