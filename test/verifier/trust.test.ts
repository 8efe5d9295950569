import { describe, expect, it } from "vitest";
import { hybridPos, STAKE_TOTAL_MAX } from "../../ledger/consensus/hybrid-pos.js";
import { solo } from "../../ledger/consensus/solo.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { parseTrust, TRUST_CHARACTERS_MAX } from "../../verifier/index.js";
import { isQuorum, TRUST_STAKE_MAX } from "../../verifier/trust.js";
import { trustOf, trustText } from "./samples.js";

const net = makeTestNetwork();
const [one] = (JSON.parse(trustText(net)) as { validators: object[] }).validators;

describe("a trust file", () => {
  it("says whom its holder believes", () => {
    const trust = trustOf(net, { epoch: 3 });
    expect(trust).toMatchObject({ consensus: "hybrid-pos", epoch: 3, totalStake: 4_000 });
    expect(Buffer.from(trust.genesis)).toEqual(net.network.hash);
    expect([...trust.validators.keys()]).toEqual([1, 2, 3, 4]);
    expect(Buffer.from(trust.validators.get(2)!.publicKey)).toEqual(
      net.network.genesis.validators[1]!.publicKey,
    );
  });

  it.each([
    ["is no JSON object", "nonsense"],
    ["is no JSON object", "[]"],
    ["is no JSON object", "null"],
    ["characters", " ".repeat(TRUST_CHARACTERS_MAX + 1)],
    ["format", trustText(net, { format: "other" })],
    ["version", trustText(net, { version: 2 })],
    ["version", trustText(net, { version: "1" })],
    ["version", trustText(net, { version: undefined })],
    ["genesis", trustText(net, { genesis: net.network.hash.toString("hex").toUpperCase() })],
    ["genesis", trustText(net, { genesis: "00" })],
    ["genesis", trustText(net, { genesis: 5 })],
    ["consensus", trustText(net, { consensus: "raft" })],
    ["epoch", trustText(net, { epoch: -1 })],
    ["epoch", trustText(net, { epoch: 0.5 })],
    ["epoch", trustText(net, { epoch: "0" })],
    ["must be a list", trustText(net, { validators: {} })],
    ["at least one", trustText(net, { validators: [] })],
    ["validators[0]: not an object", trustText(net, { validators: [1] })],
    ["validators[0]: validator", trustText(net, { validators: [{ ...one, validator: 0 }] })],
    ["validators[0]: validator", trustText(net, { validators: [{ ...one, validator: 2 ** 31 }] })],
    ["validators[0]: publicKey", trustText(net, { validators: [{ ...one, publicKey: "zz" }] })],
    ["validators[0]: stake", trustText(net, { validators: [{ ...one, stake: 0 }] })],
    ["validators[0]: stake", trustText(net, { validators: [{ ...one, stake: 1.5 }] })],
    ["validators[1]: number 1 is used twice", trustText(net, { validators: [one, one] })],
    ["solo needs exactly one", trustText(net, { consensus: "solo" })],
    [
      "all stakes together",
      trustText(net, {
        validators: [1, 2].map((validator) => ({ ...one, validator, stake: TRUST_STAKE_MAX - 1 })),
      }),
    ],
  ])("is refused with a message: %s", (message, text) => {
    const parsed = parseTrust(text);
    expect(parsed).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  it("has the ledger's bound and quorum", () => {
    expect(BigInt(TRUST_STAKE_MAX)).toBe(STAKE_TOTAL_MAX);
    const stakes = [1, 2, 3, 1_000, 2 ** 40];
    for (const stake of stakes)
      for (const others of stakes) {
        const validators = [stake, others].map((each, index) => ({
          ...net.network.genesis.validators[index]!,
          stake: each,
        }));
        const asText = (list: typeof validators) =>
          list.map((validator) => ({ ...validator, publicKey: validator.publicKey.toString("hex") }));
        const both = trustOf(net, { validators: asText(validators) });
        const alone = trustOf(net, { consensus: "solo", validators: asText(validators.slice(0, 1)) });
        const total = stake + others;
        for (const signed of [
          0,
          stake,
          others,
          total,
          Math.floor((2 * total) / 3),
          Math.ceil((2 * total) / 3),
        ]) {
          expect(isQuorum(both, signed)).toBe(hybridPos(validators).isQuorum(signed));
          expect(isQuorum(alone, signed)).toBe(solo(validators.slice(0, 1)).isQuorum(signed));
        }
      }
  });
});
