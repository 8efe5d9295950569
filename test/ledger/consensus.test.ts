import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import { type ConsensusName, consensusModule } from "../../ledger/consensus/index.js";
import { solo } from "../../ledger/consensus/solo.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import { keyPairFromSeed, signEd25519 } from "../../ledger/crypto/ed25519.js";
import type { BlockHeader, GenesisValidator } from "../../schemas/generated.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { signaturesOf } from "../support/shard-log.js";

const zero = Buffer.alloc(32);
const header: BlockHeader = {
  genesis: zero,
  shard: 1,
  height: 5,
  parent: zero,
  firstSequence: 1,
  lastSequence: 2,
  time: 3,
  epoch: 0,
  entriesRoot: zero,
  receiptsRoot: zero,
  changesRoot: zero,
  messagesRoot: zero,
  isLast: false,
};
const digest = digestOf(header);
const net = makeTestNetwork({ stakes: [10, 20, 30, 40] });
const { consensus } = net.network;
const signed = (...validators: number[]) => signaturesOf(net, digest, validators);
const verdict = (signatures: ReturnType<typeof signed>, of = header) => {
  const result = verifyCertificate(of, signatures, consensus);
  return result.ok ? result.signedStake : result.fault;
};
const stakesOf = (stakes: readonly number[]): GenesisValidator[] =>
  stakes.map((stake, index) => ({ validator: index + 1, name: "", publicKey: zero, stake }));

describe("hybrid-pos", () => {
  it("calls strictly more than two thirds of the stake a quorum, whatever the stakes", () => {
    const stakes = fc.array(fc.integer({ min: 1, max: 10 ** 9 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(stakes, fc.nat(), (list, mask) => {
        const module = consensusModule("hybrid-pos", stakesOf(list));
        const total = list.reduce((sum, stake) => sum + BigInt(stake), 0n);
        const some = list.filter((_, index) => ((mask >> index) & 1) === 1);
        const part = some.reduce((sum, stake) => sum + stake, 0);
        expect(module.isQuorum(part)).toBe(3n * BigInt(part) > 2n * total);
        // Two quorums share more than a third: what safety rests on.
        expect(module.isQuorum(part) && module.isQuorum(Number(total) - part)).toBe(false);
        expect(module.isQuorum(Number(total))).toBe(true);
        expect(module.isQuorum(0)).toBe(false);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("decides the boundary exactly", () => {
    const module = consensusModule("hybrid-pos", stakesOf([1, 1, 1]));
    expect([1, 2, 3].map((stake) => module.isQuorum(stake))).toEqual([false, false, true]);
    const large = consensusModule("hybrid-pos", stakesOf([3 * 10 ** 14, 3 * 10 ** 14, 3 * 10 ** 14 + 1]));
    expect(large.isQuorum(6 * 10 ** 14)).toBe(false);
    expect(large.isQuorum(6 * 10 ** 14 + 1)).toBe(true);
  });
});

describe("the stake of all validators", () => {
  it("ends where a certificate can still name it", () => {
    const highest = Number.MAX_SAFE_INTEGER - 1;
    expect(consensusModule("hybrid-pos", stakesOf([highest - 1, 1])).isQuorum(highest)).toBe(true);
    for (const list of [
      [highest, 1],
      [2 ** 52, 2 ** 52],
    ])
      expect(() => consensusModule("hybrid-pos", stakesOf(list))).toThrow(RangeError);
    for (const name of ["hybrid-pos", "solo"])
      expect(() => consensusModule(name, stakesOf([highest + 1])), name).toThrow(RangeError);
  });
});

describe("solo", () => {
  it("takes its one signer's signature, and nothing less", () => {
    const module = solo(stakesOf([7]));
    expect([0, 6, 7].map((stake) => module.isQuorum(stake))).toEqual([false, false, true]);
    expect(() => solo(stakesOf([1, 1]))).toThrow(RangeError);
    expect(() => solo([])).toThrow(RangeError);
  });

  it("never takes no signature at all for a quorum", () => {
    for (const stake of [0, -1]) expect(() => solo(stakesOf([stake]))).toThrow(RangeError);
  });
});

describe("a consensus module", () => {
  it("is one of two", () => {
    for (const name of ["hybrid-pos", "solo"] satisfies ConsensusName[]) {
      expect(consensusModule(name, stakesOf([1])).name).toBe(name);
    }
    expect(() => consensusModule("raft", stakesOf([1]))).toThrow(RangeError);
  });
});

describe("a certificate", () => {
  it("holds with a quorum's signatures by ascending validator", () => {
    expect(verdict(signed(2, 3, 4))).toBe(90);
    expect(verdict(signed(3, 4))).toBe(70);
    expect(verifyCertificate(header, signed(3, 4), consensus)).toMatchObject({ ok: true, digest });
  });

  it("fails below a quorum, with nobody, with a signer twice, unknown, or in the wrong order", () => {
    expect(verdict(signed(1, 2, 3)), "60 of 100").toBe("NOT_A_QUORUM");
    expect(verdict([])).toBe("NOT_A_QUORUM");
    expect(verdict(signed(4, 4))).toBe("SIGNERS_NOT_ASCENDING");
    expect(verdict(signed(4, 3))).toBe("SIGNERS_NOT_ASCENDING");
    const stranger = keyPairFromSeed(Buffer.alloc(32, 9));
    const signature = signEd25519(digest, stranger);
    expect(verdict([...signed(3, 4), { validator: 5, signature }])).toBe("UNKNOWN_VALIDATOR");
  });

  it("fails with any signature that isn't its signer's over this digest, even beside a quorum", () => {
    const [one, three, four] = signed(1, 3, 4);
    expect(verdict([{ ...one!, signature: three!.signature }, three!, four!])).toBe("BAD_VOTE_SIGNATURE");
    const plain = signEd25519(digest, net.validatorKeys[0]!);
    expect(verdict([{ validator: 1, signature: plain }, three!, four!]), "without the domain tag").toBe(
      "BAD_VOTE_SIGNATURE",
    );
  });

  it("fails for a header that differs in any field", () => {
    for (const [name, value] of Object.entries(header)) {
      const changed = { ...header, [name]: otherThan(value) };
      expect(verdict(signed(2, 3, 4), changed), name).toBe("BAD_VOTE_SIGNATURE");
    }
  });
});

describe("a module with memory", () => {
  const counting = () => {
    let verified = 0;
    const module = withMemory({
      ...consensus,
      verifyVote: (...args) => {
        verified++;
        return consensus.verifyVote(...args);
      },
    });
    return { module, verified: () => verified };
  };

  it("gives every verdict that the module gives, and verifies a good signature once", () => {
    const { module, verified } = counting();
    const good = signed(2, 3, 4);
    for (let round = 0; round < 3; round++) {
      expect(verifyCertificate(header, good, module)).toMatchObject({ ok: true, signedStake: 90 });
    }
    expect(verified()).toBe(3);
    const other = { ...header, time: 4 };
    expect(verifyCertificate(other, good, module)).toMatchObject({ ok: false, fault: "BAD_VOTE_SIGNATURE" });
    const swapped = [{ ...good[0]!, validator: 1 }, ...good.slice(1)];
    expect(verifyCertificate(header, swapped, module)).toMatchObject({
      ok: false,
      fault: "BAD_VOTE_SIGNATURE",
    });
  });

  it("does not remember what it refused, and forgets the oldest", () => {
    const { module, verified } = counting();
    const [vote] = signed(4);
    const validator = consensus.validators.get(4)!;
    const altered = Buffer.from(vote!.signature);
    altered[0]! ^= 1;
    for (let round = 0; round < 2; round++) expect(module.verifyVote(validator, digest, altered)).toBe(false);
    expect(verified()).toBe(2);
    const key = net.validatorKeys[3]!;
    for (let height = 0; height <= 4_096; height++) {
      const of = digestOf({ ...header, height });
      expect(module.verifyVote(validator, of, signEd25519(voteMessage(of), key))).toBe(true);
    }
    const before = verified();
    const [first, last] = [0, 4_096].map((height) => digestOf({ ...header, height }));
    module.verifyVote(validator, last!, signEd25519(voteMessage(last!), key));
    expect(verified()).toBe(before);
    module.verifyVote(validator, first!, signEd25519(voteMessage(first!), key));
    expect(verified()).toBe(before + 1);
  });
});

function otherThan(value: number | boolean | Buffer): number | boolean | Buffer {
  if (typeof value === "boolean") return !value;
  return typeof value === "number" ? value + 1 : Buffer.alloc(32, 1);
}
