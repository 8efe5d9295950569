import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { genesisAccounts, loadAccounts } from "../../bench/load/accounts.js";
import { LoadGenerator } from "../../bench/load/load.js";
import { SignedPool } from "../../bench/load/source.js";
import { Submissions } from "../../bench/pipeline/submissions.js";
import { drawProfiles } from "../../bench/profile/profiles.js";
import { SCHEMA_ID, STAGES_CHAIN_ID, stagesNetwork } from "../../bench/stages/tasks.js";
import { codec, fromWire } from "../../schemas/codec.js";

const accounts = loadAccounts(20, "ed25519", 3);

function pool(): SignedPool {
  const { topology } = stagesNetwork(1, genesisAccounts(accounts));
  const load = { chainId: STAGES_CHAIN_ID, accounts, skew: "uniform" as const, crossShare: 0.5, seed: 9 };
  return new SignedPool(new LoadGenerator(load, topology, SCHEMA_ID));
}

/** Nonces of a sender's transactions in the order taken. */
function noncesOf(taken: readonly { key: Buffer; value: Buffer }[]): Map<string, number[]> {
  const nonces = new Map<string, number[]>();
  for (const { key, value } of taken) {
    const { body } = codec("SignedTransaction").decode(fromWire(value)!.avroBytes)!;
    const { nonce } = codec("TransferBody").decode(body)!;
    const sender = key.toString("hex");
    nonces.set(sender, [...(nonces.get(sender) ?? []), nonce]);
  }
  return nonces;
}

describe("a pool of signed transactions", () => {
  it("gives them in order, and what it never gave is signed again with the same nonces", () => {
    const source = pool();
    source.sign(60);
    const taken = [...source.take(25)];
    source.giveBack();
    expect(source.take(5)).toEqual([]);
    source.sign(40);
    taken.push(...source.take(100));
    expect(taken).toHaveLength(65);
    for (const nonces of noncesOf(taken).values()) expect(nonces).toEqual(nonces.map((_, index) => index));
  });

  it("signs on the way where it is endless", () => {
    const source = pool();
    source.endless = true;
    expect(source.take(7)).toHaveLength(7);
  });
});

describe("submissions to a system that tells one end", () => {
  it("count each end once, and refusals by code", () => {
    const submissions = new Submissions(1);
    for (let index = 0; index < 3; index++) submissions.sent(0, 100 + index);
    submissions.takeEnd(0, 0, "", 150);
    submissions.takeEnd(0, 0, "", 170);
    submissions.takeEnd(0, 2, "NONCE_GAP", 160);
    expect(submissions).toMatchObject({ finalCount: 1, endedCount: 2, pending: 1 });
    expect([...submissions.refused]).toEqual([["NONCE_GAP", 1]]);
    expect([...submissions.latencies("completed", 0, 1_000)]).toEqual([50]);
  });
});

describe("profiles of a run", () => {
  it("are drawn by process and thread; those of other processes are left alone", async () => {
    const directory = await mkdtemp(join(tmpdir(), "rustorium-profiles-"));
    const profile = JSON.stringify({
      nodes: [
        { id: 1, callFrame: { functionName: "(root)", url: "", lineNumber: -1 }, children: [2] },
        { id: 2, callFrame: { functionName: "step", url: "file:///a/b.js", lineNumber: 4 } },
      ],
      samples: [2, 2],
      timeDeltas: [1_000, 1_000],
    });
    const name = (pid: number, thread: number) => `CPU.20261127.200000.${pid}.${thread}.001.cpuprofile`;
    for (const file of [name(11, 0), name(11, 2), name(12, 0)])
      await writeFile(join(directory, file), profile);
    await drawProfiles(directory, new Map([[11, "validators 1, 2"]]), () => undefined);
    const drawn = (await readdir(directory)).filter((file) => file.endsWith(".svg")).sort();
    expect(drawn).toEqual(["validators-1-2-0.svg", "validators-1-2-2.svg"]);
    await rm(directory, { recursive: true });
  });
});
