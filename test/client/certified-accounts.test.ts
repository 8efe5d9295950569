import { describe, expect, it } from "vitest";
import { CertifiedAccounts } from "../../client/certified-accounts.js";
import { ClientError, openClient } from "../../client/client.js";
import { INITIAL_BALANCE, makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { certificatesOf } from "../support/auditor.js";
import { Pipeline } from "../support/pipeline.js";
import { MemorySource } from "../support/topic-source.js";

describe("accounts as shard.state has them", () => {
  it("are the genesis's at first, and have at each question all that is certified by then", async () => {
    const net = makeTestNetwork();
    const pipeline = new Pipeline(net);
    const accounts = new CertifiedAccounts(net.network, new MemorySource(pipeline.topics));
    const [from, near, far] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
    const nothing = { escrowed: 0n, nonce: 0 };
    expect(await accounts.read(from.account)).toEqual({
      ...nothing,
      balance: INITIAL_BALANCE,
      shard: 1,
      height: 0,
    });
    for (const count of [1, 2]) {
      pipeline.pay(from, near, ONE);
      pipeline.pay(from, far, 2n * ONE);
      pipeline.runUntilQuiet();
      const paid = BigInt(count) * ONE;
      // Both at once: what is read for one must not be read again for the other.
      const [sender, recipient] = await Promise.all(
        [from, near].map(({ account }) => accounts.read(account)),
      );
      const { height } = certificatesOf(pipeline, 1).at(-1)!.header;
      expect(sender).toEqual({
        balance: INITIAL_BALANCE - 3n * paid,
        nonce: 2 * count,
        escrowed: 0n,
        shard: 1,
        height,
      });
      expect(recipient).toMatchObject({ ...nothing, balance: INITIAL_BALANCE + paid });
      expect(await accounts.read(far.account)).toMatchObject({
        balance: INITIAL_BALANCE + 2n * paid,
        shard: 2,
      });
    }
    expect(await accounts.read(Buffer.alloc(20, 9))).toMatchObject({ ...nothing, balance: 0n });
  });
});

describe("a client", () => {
  it.each(["", "[]", "null", '{"format":"rustorium-trust","genesis":"ab"}'])(
    "refuses the trust file %j",
    async (trust) => {
      const opened = openClient({ brokers: ["127.0.0.1:1"], network: "test", trust });
      await expect(opened).rejects.toThrow(ClientError);
    },
  );
});
