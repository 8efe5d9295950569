import { afterEach, describe, expect, it } from "vitest";
import { createViews } from "../../gateway/views/index.js";
import { formatAddress } from "../../ledger/address.js";
import { accountKey, heightKey, keyBytes } from "../../ledger/state/key.js";
import {
  accountId,
  accountRecord,
  hash,
  NOW_MS,
  type TestGateway,
  testGateway,
  withTopology,
} from "./fixtures.js";

let gateway: TestGateway | undefined;
/** Shared by the refusals: they change nothing. */
const refusing = testGateway();
afterEach(async () => gateway?.app.close());

describe("GET /accounts/:address", () => {
  const account = accountId(0xab);
  const bare = `0x${account.toString("hex")}`;
  const withAccount = () => {
    const views = withTopology(createViews());
    const shard = views.directory.shardOf(account)!;
    const meta = { topic: "shard.state", partition: shard.partition, offset: 0, timeMs: NOW_MS };
    views.accounts.apply(keyBytes(accountKey(account)), accountRecord(10n ** 37n + 1n, 4, 6), meta);
    const complete = { height: 8, digest: hash(8), value: null };
    views.accounts.apply(keyBytes(heightKey(shard.prefix)), complete, { ...meta, offset: 1 });
    gateway = testGateway({ views });
    return { shard, app: gateway.app };
  };

  it("shows balance and nonce for every spelling, whatever shard the address names", async () => {
    const { app, shard } = withAccount();
    const spellings = [
      bare,
      `0x${bare.slice(2).toUpperCase()}`,
      formatAddress("1", account),
      formatAddress("9.1.2", account),
    ];
    for (const address of spellings) {
      const answer = await app.inject(`/accounts/${address}`);
      expect([answer.statusCode, answer.json()]).toEqual([
        200,
        {
          account: bare,
          address: formatAddress(shard.path, account),
          exists: true,
          balance: "10000000000000000000000000000000000001",
          nonce: 4,
          shard: shard.shard,
          height: 6,
          digest: hash(6).toString("hex"),
          stateHeight: 8,
        },
      ]);
    }
  });

  it("shows an account that doesn't exist, with the height up to which that is known", async () => {
    const { app, shard } = withAccount();
    // A neighbour of the same shard: found by trying, for placements are hashes.
    let other = 1;
    while (gateway!.views.directory.shardOf(accountId(other))?.shard !== shard.shard) other++;
    const answer = await app.inject(`/accounts/0x${accountId(other).toString("hex")}`);
    expect(answer.json()).toMatchObject({
      exists: false,
      balance: "0",
      nonce: 0,
      shard: shard.shard,
      height: 8,
      digest: hash(8).toString("hex"),
      stateHeight: 8,
    });
  });

  it("knows no shard before the topology was read", async () => {
    gateway = testGateway();
    const answer = await gateway.app.inject(`/accounts/${bare}`);
    expect(answer.json()).toMatchObject({
      exists: false,
      address: null,
      shard: null,
      height: null,
      stateHeight: null,
    });
  });

  it("doesn't call an account empty that it may have had no room for", async () => {
    gateway = testGateway({}, { accountsHeldMax: 1 });
    const meta = { topic: "shard.state", partition: 1, offset: 0, timeMs: NOW_MS };
    for (const n of [1, 2])
      gateway.views.accounts.apply(keyBytes(accountKey(accountId(n))), accountRecord(1n, 0, 1), meta);
    expect((await gateway.app.inject(`/accounts/0x${accountId(1).toString("hex")}`)).statusCode).toBe(200);
    const answer = await gateway.app.inject(`/accounts/0x${accountId(2).toString("hex")}`);
    expect([answer.statusCode, answer.json()]).toMatchObject([503, { error: { code: "STATE_INCOMPLETE" } }]);
  });

  const good = formatAddress("1.2", account);
  it.each([
    [`${good.slice(0, -1)}${good.endsWith("0") ? "1" : "0"}`, "BAD_ADDRESS_CHECKSUM"],
    [good.replace("sh1.2", "sh1.3"), "BAD_ADDRESS_CHECKSUM"],
    ["0xaBabababababababababababababababababababab".slice(0, 42), "BAD_ADDRESS_CHECKSUM"],
    [bare.slice(0, -1), "MALFORMED_ADDRESS"],
    [bare.slice(2), "MALFORMED_ADDRESS"],
    [good.replace("sh", "xx"), "MALFORMED_ADDRESS"],
    ["sh", "MALFORMED_ADDRESS"],
  ])("refuses %s", async (address, code) => {
    const answer = await refusing.app.inject(`/accounts/${address}`);
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { error: { code, message: expect.any(String) } },
    ]);
  });
});
