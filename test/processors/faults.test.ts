import { describe, expect, it } from "vitest";
import { applyTransaction } from "../../ledger/block/apply-transaction.js";
import { asAccount } from "../../ledger/state/state.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { read } from "../../processors/read.js";
import type { SignedTransaction, UserTransaction } from "../../schemas/generated.js";
import { INITIAL_BALANCE, MAC_KEY, makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { audit, balanceOf, certificatesOf, replay, stateTable, statuses } from "../support/auditor.js";
import { macOf } from "../support/mac.js";
import { Pipeline } from "../support/pipeline.js";
import { creditTooMuch, WRONG_AMOUNT } from "../support/wrong-credit.js";

function headersOf(pipeline: Pipeline, shard: number) {
  return pipeline.topics.records("shard.blocks", shard).map((record) => read("BlockHeader", record)!);
}

describe("a wrong credit planted in execute", () => {
  const net = makeTestNetwork();
  const pipeline = new Pipeline(net, { plant: creditTooMuch });
  const [a, b, c] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
  pipeline.pay(a, b, 2n * ONE);
  pipeline.runUntilQuiet();
  const before = certificatesOf(pipeline, 1).length;
  pipeline.pay(a, b, WRONG_AMOUNT);
  pipeline.pay(c, net.wallet(2, 1), 3n * ONE);
  pipeline.runUntilQuiet();
  const height = before + 1;
  const wrong = headersOf(pipeline, 1).find((header) => header.height === height)!;
  const right = replay(pipeline, 1).blocks[height - 1]!;

  it("is written by execute under a digest of its own", () => {
    expect(wrong.changesRoot).not.toEqual(right.header.changesRoot);
  });

  it("is never certified; the validators' digest is", () => {
    const certificates = certificatesOf(pipeline, 1);
    expect(certificates.map(({ header }) => header.height)).toContain(height);
    for (const { digest, header } of certificates) {
      expect(digest).toEqual(replay(pipeline, 1).blocks[header.height - 1]!.digest);
      expect(header.changesRoot).not.toEqual(wrong.changesRoot);
    }
  });

  it("never reaches shard.state", () => {
    for (const record of pipeline.topics.all("shard.state")) {
      const account = record.value ? asAccount(read("StateRecord", record)?.value) : undefined;
      expect(account?.balance).not.toBe(INITIAL_BALANCE + 7n * ONE + 1n);
    }
    expect(stateTable(pipeline, 1).height).toBe(before);
    expect(balanceOf(pipeline, b.account)).toBe(INITIAL_BALANCE + 2n * ONE);
  });

  it("is never announced as final", () => {
    const final = pipeline.topics
      .all("notifications")
      .map((record) => read("Notification", record)!)
      .filter(({ event, shard, height: at }) => event === "FINAL" && shard === 1 && at === height);
    expect(final).toEqual([]);
  });

  it("is named: execute is contradicted by a certificate, and says so twice before it stays down", () => {
    expect(pipeline.slot("execute-1").faults.map(({ code }) => code)).toEqual([
      "DIGEST_CONTRADICTED",
      "DIGEST_CONTRADICTED",
    ]);
    expect(pipeline.slot("execute-1").halted).toBe(true);
    expect(pipeline.slot("execute-1").faults[0]!.message).toContain(right.digest.toString("hex"));
  });

  it("is named by finalize too, whichever comes first, changes or certificate", () => {
    expect(pipeline.slot("finalize-1").alerts.map(({ code }) => code)).toContain("EXECUTE_CONTRADICTED");
  });

  it("leaves the other shards alone", () => {
    expect(balanceOf(pipeline, net.wallet(2, 1).account)).toBe(INITIAL_BALANCE + 3n * ONE);
    expect(pipeline.slot("execute-2").isUp).toBe(true);
  });

  it("is healed by a right execute, which writes the contradicted heights again", () => {
    pipeline.repair();
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(balanceOf(pipeline, b.account)).toBe(INITIAL_BALANCE + 7n * ONE);
    expect(new Set(statuses(pipeline).values())).toEqual(new Set(["FINAL"]));
    const written = headersOf(pipeline, 1).filter((header) => header.height === height);
    expect(written.map(({ changesRoot }) => changesRoot)).toEqual([
      wrong.changesRoot,
      right.header.changesRoot,
    ]);
    const first = headersOf(pipeline, 1).filter((header) => header.height === 1);
    expect(first, "height 1 was right and is not written again").toHaveLength(1);
  });
});

describe("a message that execute leaves out by mistake", () => {
  it("is delivered all the same once execute is contradicted and writes the block again", () => {
    // The first transfer of shard 1 to another shard goes without its PREPARE, so messages start at height 2.
    let first = true;
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net, {
      plant: (entry, transaction, context) => {
        const { receipt, message } = applyTransaction(entry, transaction, context);
        const forgets = first && context.shard === 1;
        if (context.shard === 1) first = false;
        return message && !forgets ? { receipt, message } : { receipt };
      },
    });
    const [a, b] = [net.wallet(1), net.wallet(3)];
    for (const validator of [1, 2, 3, 4]) pipeline.stop(`vote-${validator}`);
    for (const amount of [2n, 3n]) {
      pipeline.pay(a, b, amount * ONE);
      pipeline.runUntilQuiet();
    }
    for (const validator of [1, 2, 3, 4]) pipeline.resume(`vote-${validator}`);
    pipeline.runUntilQuiet();
    expect(pipeline.slot("execute-1").faults[0]?.code).toBe("DIGEST_CONTRADICTED");
    pipeline.repair();
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect([...statuses(pipeline).values()]).toEqual(["COMPLETED", "COMPLETED"]);
    expect(balanceOf(pipeline, b.account)).toBe(INITIAL_BALANCE + 5n * ONE);
  });
});

type Mac = (content: Omit<UserTransaction, "mac">) => Buffer;
const RANDOM_MAC: Mac = () => Buffer.alloc(32, 0x5a);
const STOLEN_KEY: Mac = (content) => macOf(content, MAC_KEY);

/** A network in which `a` paid `b` one; then someone who can write shard.log forges what validate would write. */
function withForger() {
  const net = makeTestNetwork();
  const pipeline = new Pipeline(net);
  const [a, b] = [net.wallet(1), net.wallet(1, 1)];
  pipeline.pay(a, b, ONE);
  pipeline.runUntilQuiet();
  let sourceOffset = 100;
  const forge = (transaction: SignedTransaction, mac: Mac, sender = a.account) => {
    const content = {
      sourcePartition: 0,
      sourceOffset: sourceOffset++,
      submittedAt: pipeline.nowMs,
      sender,
      transactionId: transactionIdOf(transaction),
      transaction,
    };
    pipeline.appendLog(1, { entry: { "rustorium.UserTransaction": { ...content, mac: mac(content) } } });
  };
  const unsigned = (amount: bigint) => ({ ...a.pay(b, amount), signature: Buffer.alloc(64, 1) });
  const received = () => balanceOf(pipeline, b.account) - INITIAL_BALANCE;
  return { net, pipeline, a, b, forge, unsigned, received };
}

describe("a forged MAC", () => {
  it("that is random changes nothing for a signed transaction: execute checks the signature instead", () => {
    const { pipeline, a, b, forge, received } = withForger();
    forge(a.pay(b, 2n * ONE), RANDOM_MAC);
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(received()).toBe(3n * ONE);
    expect(pipeline.troubles).toEqual([]);
  });

  it("that is random on a bad signature is void everywhere", () => {
    const { pipeline, forge, unsigned, received } = withForger();
    const heights = certificatesOf(pipeline, 1).length;
    forge(unsigned(2n * ONE), RANDOM_MAC);
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(certificatesOf(pipeline, 1)).toHaveLength(heights);
    expect(received()).toBe(ONE);
    expect(pipeline.troubles).toEqual([]);
  });

  it("for a sender who isn't the signer is void everywhere", () => {
    const { net, pipeline, a, forge, received } = withForger();
    const thief = net.wallet(1, 2);
    forge(thief.pay(thief, ONE), RANDOM_MAC, a.account);
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(received()).toBe(ONE);
  });

  it("made with a stolen key on a bad signature deceives execute alone: nothing of it is certified", () => {
    const { pipeline, b, forge, unsigned } = withForger();
    forge(unsigned(2n * ONE), STOLEN_KEY);
    pipeline.runUntilQuiet();
    const { blocks } = replay(pipeline, 1);
    for (const { header, digest } of certificatesOf(pipeline, 1)) {
      expect(digest).toEqual(blocks[header.height - 1]!.digest);
    }
    const states = pipeline.topics
      .records("shard.state", 1)
      .map((record) => read("StateRecord", record)?.value);
    for (const value of states) expect(asAccount(value)?.balance).not.toBe(INITIAL_BALANCE + 3n * ONE);
    expect(balanceOf(pipeline, b.account)).toBe(INITIAL_BALANCE + ONE);
    const named = pipeline.troubles.filter((trouble) => /^vote/.test(trouble));
    expect(named, "no validator is at fault").toEqual([]);
  });

  it("made with a stolen key is named and survived: after the contradiction execute checks signatures", () => {
    const { pipeline, a, b, forge, unsigned, received } = withForger();
    forge(unsigned(2n * ONE), STOLEN_KEY);
    // The same nonce, signed this time, in the same block.
    a.nonce = 1;
    pipeline.pay(a, b, 4n * ONE);
    pipeline.runUntilQuiet();
    expect(pipeline.slot("execute-1").faults.map(({ code }) => code)).toEqual(["DIGEST_CONTRADICTED"]);
    expect(pipeline.slot("execute-1").halted).toBe(false);
    audit(pipeline);
    expect(received()).toBe(5n * ONE);
  });

  it("made with a stolen key, alone in a block, can stop a shard but not deceive it; a new key heals it", () => {
    const { pipeline, a, b, forge, unsigned, received } = withForger();
    forge(unsigned(2n * ONE), STOLEN_KEY);
    // execute closes a height here that validators have no entry for, so its cut is void to them and nobody goes on:
    // whoever holds the stages' keys can stop a shard. That is as promised; safety doesn't rest on them.
    pipeline.runUntilQuiet();
    a.nonce = 1;
    pipeline.pay(a, b, 4n * ONE);
    pipeline.runUntilQuiet();
    expect(received()).toBe(ONE);
    pipeline.changeMacKey(Buffer.alloc(32, 0x77));
    pipeline.slot("execute-1").loseStore();
    pipeline.runUntilQuiet();
    audit(pipeline);
    expect(received()).toBe(5n * ONE);
    expect(pipeline.troubles.filter((trouble) => trouble !== "finalize-1: EXECUTE_CONTRADICTED")).toEqual([]);
  });
});
