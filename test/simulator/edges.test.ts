import { describe, expect, it } from "vitest";
import { AMOUNT_LIMIT } from "../../ledger/amount.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { codec } from "../../schemas/codec.js";
import type { Block } from "../../simulator/model/block.js";
import { Cut } from "../../simulator/model/cut.js";
import { ModelNetwork } from "../../simulator/model/network.js";
import type { ReceiptKind } from "../../simulator/model/records.js";
import type { StateValue } from "../../simulator/model/state-records.js";
import type { InvariantName } from "../../simulator/model/violations.js";
import { makeTestNetwork, ONE, START_MS } from "../../simulator/world/network.js";
import { statuses } from "../support/auditor.js";
import { auditHistory, intentOf, RecordedPipeline, storesOf } from "./audited.js";

describe("the model and the ledger agree at the edges", () => {
  it("of amounts, accounts, time and blocks", () => {
    const full = AMOUNT_LIMIT - 1n;
    const net = makeTestNetwork({
      shards: 2,
      parameters: { maximumEntriesPerBlock: 3, crossShardDeadlineMs: 1_000 },
      balanceOf: (_, index) => (index % 4 === 2 ? full : index % 4 === 3 ? full - 5n * ONE : undefined),
    });
    const pipeline = new RecordedPipeline(net);
    const [a, b, rich, almost] = [0, 1, 2, 3].map((index) => net.wallet(1, index));
    const [c, d, otherRich] = [0, 1, 2].map((index) => net.wallet(2, index));
    const nobody = sha256(Buffer.from("nobody")).subarray(0, 20);
    const run = () => pipeline.runUntilQuiet({ steps: 25 });
    pipeline.pay(a!, a!, ONE, { gasPrice: 7n });
    pipeline.pay(a!, rich!, 1n);
    pipeline.pay(a!, otherRich!, 1n, {
      nonce: a!.nonce - 1,
      data: Buffer.of(0, 1, 0),
      gasLimit: 30_000,
      gasPrice: 1n,
    });
    run();
    pipeline.pay(rich!, a!, 1n, { nonce: 0 });
    pipeline.pay(rich!, c!, ONE, { validUntil: START_MS + 1, nonce: 1 });
    pipeline.pay(almost!, c!, 3n * ONE);
    run();
    pipeline.pay(c!, almost!, 6n * ONE);
    pipeline.pay(c!, nobody, ONE);
    pipeline.pay(d!, nobody, 0n, { gasPrice: 2n });
    pipeline.pay(b!, b!, 0n);
    pipeline.pay(b!, c!, 0n);
    run();
    pipeline.nowMs += 1_500;
    pipeline.pay(d!, Buffer.alloc(20), ONE);
    pipeline.pay(rich!, c!, AMOUNT_LIMIT - 10n, { nonce: 1, gasPrice: 10n ** 30n, gasLimit: 21_000 });
    pipeline.pay(rich!, c!, 5n, { nonce: 1, gasPrice: 10n ** 33n });
    pipeline.pay(b!, d!, 1_000n * ONE);
    for (let count = 0; count < 5; count++) pipeline.pay(c!, b!, BigInt(count + 1));
    pipeline.runUntilQuiet();
    // Whenever the log has them, one is valid until that very millisecond.
    const { nonce } = c!;
    for (let after = 1; after < 40; after++) {
      pipeline.pay(c!, d!, 1n, { nonce, validUntil: pipeline.nowMs + after });
    }
    pipeline.runUntilQuiet();

    const intents = pipeline.topics.all("transactions").map((record) => intentOf(net, record));
    const end = { healedAtMs: pipeline.nowMs, stores: storesOf(pipeline), cold: "seen" } as const;
    expect(auditHistory({ net, history: pipeline.history, intents, end }).violations).toEqual([]);
    const found = new Set(statuses(pipeline).values());
    expect([...found]).toEqual(
      expect.arrayContaining([
        "FINAL",
        "FINAL BALANCE_OVERFLOW",
        "FINAL EXPIRED",
        "COMPLETED",
        "REFUNDED BALANCE_OVERFLOW",
      ]),
    );
  });
});

describe("what is kept of certified blocks", () => {
  const net = makeTestNetwork({ shards: 2 });
  const network = new ModelNetwork(
    codec("Genesis").encode(net.network.genesis),
    net.network.allocation.parts,
  );
  const [from, to] = [net.wallet(1).account, net.wallet(2).account];

  /** A block with receipts of one transfer of 5, and changes of the sender's account. */
  function block(
    shard: number,
    height: number,
    kinds: readonly ReceiptKind[],
    changes: Block["changes"] = [],
  ): Block {
    const receipt = { transactionId: Buffer.alloc(32, 1), sender: from, recipient: to, amount: 5n, fee: 0n };
    const receipts = kinds.map((kind) => ({ ...receipt, kind }));
    return { header: { shard, height }, receipts, changes, after: [] } as unknown as Block;
  }
  const account = (balance: bigint, nonce: number): StateValue => ({
    is: "AccountState",
    value: { balance, nonce, escrowed: 0n },
  });
  const escrow = {
    is: "EscrowState",
    value: { sender: from, recipient: to, amount: 5n, destination: 2, deadline: 0 },
  } as const;
  const change = (key: string, before: StateValue | undefined, value: StateValue | null) =>
    ({ key, before, value, bytes: Buffer.alloc(0), valueBytes: 0 }) as const;
  const payer = network.homeOf(from).key;
  const payee = network.homeOf(to).key;
  const prepared = block(
    1,
    1,
    ["PREPARED"],
    [change(payer, account(9n, 0), account(4n, 1)), change("e", undefined, escrow)],
  );
  const credited = block(2, 1, ["CREDITED"], [change(payee, account(0n, 0), account(5n, 0))]);
  const completed = block(1, 2, ["COMPLETED"], [change("e", escrow, null)]);
  const refunded = block(
    1,
    2,
    ["REFUNDED"],
    [change("e", escrow, null), change(payer, account(4n, 1), account(9n, 1))],
  );
  const forwarded = block(0, 1, ["FORWARDED"]);

  it.each<[string, readonly Block[], InvariantName[]]>([
    ["nothing of a transfer that completes", [prepared, forwarded, credited, completed], []],
    ["nothing of one that is refunded", [prepared, block(0, 1, ["CANCELLED"]), refunded], []],
    [
      "a refund of what was credited",
      [prepared, forwarded, credited, refunded],
      ["both-or-neither", "value-conserved"],
    ],
    ["a credit of what was not forwarded", [prepared, credited], ["both-or-neither"]],
    ["a second decision", [prepared, forwarded, block(0, 2, ["CANCELLED"])], ["both-or-neither"]],
    ["completion without a credit", [prepared, forwarded, completed], ["both-or-neither"]],
    [
      "a second settlement",
      [prepared, forwarded, credited, completed, block(1, 3, ["COMPLETED"])],
      ["settled-once"],
    ],
    [
      "an amount that vanishes",
      [block(1, 1, ["PREPARED"], [change(payer, account(9n, 0), account(4n, 1))])],
      ["value-conserved"],
    ],
    [
      "money from nothing",
      [block(1, 1, [], [change(payer, account(9n, 0), account(10n, 0))])],
      ["value-conserved"],
    ],
    [
      "a nonce that moves alone",
      [block(1, 1, [], [change(payer, account(9n, 0), account(9n, 1))])],
      ["nonces-contiguous"],
    ],
    [
      "a balance below 0",
      [
        block(
          1,
          1,
          [],
          [change(payer, account(1n, 0), account(-1n, 0)), change(payee, account(0n, 0), account(2n, 0))],
        ),
      ],
      ["nothing-negative"],
    ],
    ["a transaction applied again in another shard", [prepared, block(2, 1, ["TRANSFER"])], ["applied-once"]],
  ])("shows %s", (_, blocks, invariants) => {
    const found: InvariantName[] = [];
    const cut = new Cut(network, (invariant) => found.push(invariant));
    for (const one of blocks) cut.certified(one);
    expect([...new Set(found)].sort()).toEqual(invariants);
  });

  it("waits with a block for those that it took messages from", () => {
    const found: InvariantName[] = [];
    const cut = new Cut(network, (invariant) => found.push(invariant));
    cut.certified({ ...forwarded, after: [prepared.header] });
    cut.certified({ ...credited, after: [forwarded.header] });
    expect(cut.waitingBlocks).toBe(2);
    cut.certified(prepared);
    expect([cut.waitingBlocks, found]).toEqual([0, []]);
  });
});
