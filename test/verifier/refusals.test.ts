import { describe, expect, it } from "vitest";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { accountKey, globalRootKey, keyOfBytes, type StateKey } from "../../ledger/state/key.js";
import { encodeStateProof } from "../../ledger/state-tree/proof-format.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { codec } from "../../schemas/codec.js";
import type {
  AccountProof,
  Checkpoint,
  ProofFile,
  ShardRootProof,
  TransactionProof,
} from "../../schemas/generated.js";
import { PROOF_FILE_BYTES_MAX, verifyProofFile } from "../../verifier/index.js";
import { STATE_PROOF_BYTES_MAX } from "../../verifier/state-proof.js";
import { signaturesOf } from "../support/shard-log.js";
import { reachesItsCodes, refusals, sample } from "./refusal-cases.js";
import { accountFile, codeOf, Sample, SHARD, shardRootFile, transactionFile, trustOf } from "./samples.js";

const { net, trust, block } = sample;
const hash = (byte: number) => Buffer.alloc(32, byte);
const account = (change: Partial<AccountProof> = {}) => accountFile({ ...sample.account(), ...change });
const transaction = (change: Partial<TransactionProof> = {}) =>
  transactionFile({ ...sample.transaction(), ...change });

describe("the form of a file", () => {
  const good = account();
  refusals([
    ["TRUNCATED", "nothing", () => new Uint8Array(0)],
    [
      "TRUNCATED",
      "a length of 2^30",
      () => Buffer.concat([good.subarray(0, 22), Buffer.of(128, 128, 128, 128, 8)]),
    ],
    ["OVERSIZED", "above the bound", () => new Uint8Array(PROOF_FILE_BYTES_MAX + 1)],
    ["VERSION", "another version", () => codec("ProofFile").encode({ version: 2, proof: proofOf(good) })],
    ["NON_CANONICAL", "version in two bytes", () => Buffer.concat([Buffer.of(0x82, 0), good.subarray(1)])],
    ["NON_CANONICAL", "a fifth kind", () => Buffer.concat([Buffer.of(2, 8), good.subarray(2)])],
    ["NON_CANONICAL", "a varint without end", () => Buffer.concat([Buffer.of(2, 4), Buffer.alloc(30, 0xff)])],
    ["NON_CANONICAL", "a negative length", () => Buffer.of(2, 4, 1)],
    ["NON_CANONICAL", "no UTF-8", () => Buffer.of(2, 4, 2, 0xff)],
    ["NON_CANONICAL", "signatures in two blocks", () => twoBlocks()],
    ["NON_CANONICAL", "signatures with their size", () => sizedBlock()],
  ]);

  const proofOf = (bytes: Buffer): ProofFile["proof"] => codec("ProofFile").decode(bytes)!.proof;
  /** What the file ends with: the signatures, as one block. */
  const without = () => good.subarray(0, good.length - (1 + 3 * 65 + 1));
  function signatures(): Buffer[] {
    const start = good.length - 1 - 3 * 65;
    return [0, 1, 2].map((at) => good.subarray(start + at * 65, start + (at + 1) * 65));
  }
  function twoBlocks(): Buffer {
    const [a, b, c] = signatures();
    return Buffer.concat([without(), Buffer.of(2), a!, Buffer.of(4), b!, c!, Buffer.of(0)]);
  }
  function sizedBlock(): Buffer {
    // -3, then 195 bytes.
    return Buffer.concat([without(), Buffer.of(5, 0x86, 0x03), ...signatures(), Buffer.of(0)]);
  }
});

describe("the certificate", () => {
  const { signatures } = sample.certify();
  const signed = (list: typeof signatures) =>
    transaction({ block: { header: block.header, signatures: list } });
  const wrong = { validator: 3, signature: Buffer.alloc(64, 1) };
  refusals([
    ["WRONG_NETWORK", "another genesis", () => transaction({ block: sample.certify({ genesis: hash(1) }) })],
    [
      "WRONG_NETWORK",
      "of a checkpoint",
      () => account({ certificate: sample.checkpoint({ genesis: hash(1) }) }),
    ],
    ["FUTURE_EPOCH", "a later epoch", () => transaction({ block: sample.certify({ epoch: 1 }) })],
    ["FUTURE_EPOCH", "of a checkpoint", () => account({ certificate: sample.checkpoint({ epoch: 1 }) })],
    ["UNKNOWN_VALIDATOR", "a fifth", () => signed([...signatures, { ...wrong, validator: 5 }])],
    ["SIGNERS_NOT_ASCENDING", "another order", () => signed(signatures.toReversed())],
    ["SIGNERS_NOT_ASCENDING", "one twice", () => signed([signatures[0]!, ...signatures])],
    ["BAD_SIGNATURE", "one bad among four", () => signed([...signatures.slice(0, 2), wrong, signatures[2]!])],
    ["BAD_SIGNATURE", "of another header", () => signed(sample.certify({ height: 2 }).signatures)],
    ["BAD_SIGNATURE", "of a block on a state", () => account({ certificate: crossed() })],
    ["NOT_A_QUORUM", "nobody", () => signed([])],
    ["NOT_A_QUORUM", "two of four", () => signed(signatures.slice(0, 2))],
    ["NOT_A_QUORUM", "of a checkpoint", () => account({ certificate: sample.checkpoint({}, [1, 4]) })],
  ]);

  /** A checkpoint under signatures of its block's digest. */
  function crossed(): AccountProof["certificate"] {
    const { checkpoint } = sample.checkpoint();
    return { checkpoint, signatures: signaturesOf(net, block.digest, sample.signers) };
  }

  it("takes strictly more than two thirds of the stake, and of solo the only validator", () => {
    const bytes = account();
    const validators = net.network.genesis.validators.map(({ validator, publicKey }) => ({
      validator,
      publicKey: publicKey.toString("hex"),
      // 1, 2 and 4 sign.
      stake: validator === 3 ? 3 : 2,
    }));
    const byStakes = (stake: number) =>
      codeOf(
        verifyProofFile(
          bytes,
          trustOf(net, {
            validators: validators.map((one) => (one.validator === 3 ? { ...one, stake } : one)),
          }),
        ),
      );
    expect(byStakes(3)).toBe("NOT_A_QUORUM");
    expect(byStakes(2)).toBe("taken");
    const solo = new Sample("solo", 2);
    expect(codeOf(verifyProofFile(accountFile(solo.account()), solo.trust))).toBe("taken");
    const unsigned = { ...solo.account(), certificate: solo.checkpoint({}, []) };
    expect(codeOf(verifyProofFile(accountFile(unsigned), solo.trust))).toBe("NOT_A_QUORUM");
  });
});

describe("what an account has", () => {
  const { prefix, root } = sample.tree;
  const own = net.wallet(SHARD).account;
  const other = net.wallet(SHARD, 1).account;
  /** A tree of one shard with other values than accounts; certified all the same. */
  function certifiedValue(valueBytes: Buffer): Uint8Array {
    const tree = new StateTree(prefix);
    const key = accountKey(own);
    tree.apply([{ key, isRemoval: false, valueBytes }]);
    const stateProof = encodeStateProof(tree.prove(key, valueBytes));
    return account({ stateProof, certificate: sample.checkpoint({ stateRoot: tree.root }) });
  }
  const proof = sample.stateProof(accountKey(own));
  const escrow = [...block.changes.values()].find((value) => value && "rustorium.EscrowState" in value)!;

  refusals([
    [
      "WRONG_ROOT",
      "another state",
      () => account({ certificate: sample.checkpoint({ stateRoot: hash(1) }) }),
    ],
    [
      "WRONG_ROOT",
      "a root that is no element",
      () => account({ certificate: sample.checkpoint({ stateRoot: hash(255) }) }),
    ],
    ["WRONG_KEY", "another account's proof", () => account({ account: other })],
    ["WRONG_SHARD", "another prefix", () => account({ certificate: sample.checkpoint({ prefix: "" }) })],
    ["WRONG_SHARD", "the main chain", () => account({ certificate: sample.checkpoint({ shard: 0 }) })],
    ["WRONG_SHARD", "an account of another shard", () => elsewhere()],
    ["VERSION", "another version of the state proof", () => account({ stateProof: with0(9) })],
    ["TRUNCATED", "a state proof cut", () => account({ stateProof: proof.subarray(0, -1) })],
    ["OVERSIZED", "a state proof with more", () => account({ stateProof: Buffer.concat([proof, hash(0)]) })],
    [
      "OVERSIZED",
      "a state proof above its bound",
      () => account({ stateProof: Buffer.alloc(STATE_PROOF_BYTES_MAX + 1) }),
    ],
    ["NON_CANONICAL", "an end of another kind", () => account({ stateProof: with1(3) })],
    ["WRONG_VALUE", "an escrow under an account's key", () => certifiedValue(encodedValue(escrow))],
    ["NON_CANONICAL", "a value that is none", () => certifiedValue(Buffer.of(16))],
    ["TRUNCATED", "a value cut", () => certifiedValue(Buffer.of(2, 2))],
    ["OVERSIZED", "a value with more", () => certifiedValue(Buffer.of(2, 2, 5, 0, 2, 0, 0))],
    ["NON_CANONICAL", "a balance in two bytes", () => certifiedValue(Buffer.of(2, 4, 0, 5, 0, 2, 0))],
    ["UNRELATED_LEAF", "absence by a leaf elsewhere", () => unrelated()],
  ]);

  it("is taken from such a tree too, where it is an account", () => {
    const verdict = verifyProofFile(certifiedValue(Buffer.of(2, 2, 5, 8, 2, 1)), trust);
    expect(verdict).toMatchObject({ ok: true, claim: { state: { balance: 5n, nonce: 4, escrowed: 1n } } });
  });

  function with0(byte: number): Buffer {
    return Buffer.concat([Buffer.of(byte), proof.subarray(1)]);
  }
  function with1(byte: number): Buffer {
    return Buffer.concat([proof.subarray(0, 1), Buffer.of(byte), proof.subarray(2)]);
  }
  function encodedValue(value: typeof escrow): Buffer {
    const key = keyOfBytes(Buffer.alloc(33));
    return encodeChanges(new Map([[key, value]]))[0]!.valueBytes;
  }
  /** A proof of a key that is under no such prefix: the encoder takes what `prove` would not. */
  function elsewhere(): Uint8Array {
    const { account: stranger } = net.wallet(2);
    const from = sample.tree.prove(accountKey(sample.absent("nothing")), undefined);
    const stateProof = encodeStateProof({ ...from, key: accountKey(stranger) });
    return account({ account: stranger, stateProof });
  }
  function unrelated(): Uint8Array {
    const absent = sample.absent("other");
    const key: StateKey = accountKey(absent);
    const from = sample.tree.prove(key, undefined);
    const end = { kind: "other", position: hash(0x10), valueHash: hash(1) } as const;
    expect(root).toHaveLength(32);
    return account({ account: absent, stateProof: encodeStateProof({ ...from, end }) });
  }
});

describe("a shard's root", () => {
  const right = sample.shardRoot();
  const { checkpoint: ofMain } = right.certificate;
  const shardRoot = (change: Partial<ShardRootProof>) => shardRootFile({ ...right, ...change });
  const main = (change: Partial<Checkpoint>) => sample.checkpoint({ ...ofMain, ...change });
  const shard = (change: Partial<Checkpoint>) => sample.checkpoint({ ...right.shard.checkpoint, ...change });
  /** A main chain's state with one value, certified all the same. */
  function certifiedState(key: StateKey, valueBytes: Buffer): Uint8Array {
    const tree = new StateTree("");
    tree.apply([{ key, isRemoval: false, valueBytes }]);
    const proved = tree.prove(globalRootKey(), key === globalRootKey() ? valueBytes : undefined);
    return shardRoot({
      stateProof: encodeStateProof(proved),
      certificate: main({ stateRoot: tree.root }),
    });
  }

  refusals([
    ["WRONG_SHARD", "the main chain's own", () => shardRoot({ shard: right.certificate })],
    ["WRONG_SHARD", "a global root in another chain", () => shardRoot({ certificate: right.shard })],
    ["WRONG_SHARD", "a main chain with a prefix", () => shardRoot({ certificate: main({ prefix: "0" }) })],
    ["WRONG_ROOT", "another state root", () => shardRoot({ shard: shard({ stateRoot: hash(1) }) })],
    [
      "WRONG_ROOT",
      "a state root that is no element",
      () => shardRoot({ shard: shard({ stateRoot: hash(255) }) }),
    ],
    ["WRONG_ROOT", "another sibling", () => shardRoot({ siblings: [right.siblings[0]!, hash(1)] })],
    ["WRONG_ROOT", "a sibling that is no element", () => shardRoot({ siblings: [hash(255), hash(1)] })],
    [
      "WRONG_ROOT",
      "siblings the other way round",
      () => shardRoot({ siblings: [...right.siblings].reverse() }),
    ],
    ["WRONG_ROOT", "another place", () => shardRoot({ shard: shard({ prefix: "01" }) })],
    ["WRONG_INDEX", "a sibling less", () => shardRoot({ siblings: right.siblings.slice(1) })],
    ["WRONG_INDEX", "a shorter prefix", () => shardRoot({ shard: shard({ prefix: "0" }) })],
    [
      "WRONG_ROOT",
      "another state of the main chain",
      () => shardRoot({ certificate: main({ stateRoot: hash(1) }) }),
    ],
    ["WRONG_VALUE", "no global root", () => certifiedState(accountKey(hash(0).subarray(12)), Buffer.of(0))],
    ["WRONG_VALUE", "something else", () => certifiedState(globalRootKey(), Buffer.of(2, 2, 5, 8, 2, 1))],
    ["TRUNCATED", "half a global root", () => certifiedState(globalRootKey(), Buffer.of(10, 1))],
    [
      "WRONG_KEY",
      "a proof of another key",
      () =>
        shardRoot({
          stateProof: sample.stateProof(accountKey(sample.absent("nothing"))),
          certificate: main({ prefix: sample.tree.prefix, stateRoot: sample.tree.root }),
        }),
    ],
    [
      "NOT_A_QUORUM",
      "a main chain that too few signed",
      () => shardRoot({ certificate: sample.checkpoint(ofMain, [1, 2]) }),
    ],
    [
      "BAD_SIGNATURE",
      "a shard that nobody signed",
      () => shardRoot({ shard: { ...right.shard, signatures: right.certificate.signatures } }),
    ],
    ["FUTURE_EPOCH", "of later validators", () => shardRoot({ certificate: main({ epoch: 1 }) })],
  ]);
});

describe("these tests", () => {
  reachesItsCodes("files");
});
