import { accountKey, type StateKey } from "../../ledger/state/key.js";
import { decodeStateProof, encodeStateProof } from "../../ledger/state-tree/proof-format.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { verifyStateProof } from "../../ledger/state-tree/verify.js";
import { pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { must, type Target } from "../target.js";

const ACCOUNTS = 40;
const ABSENT = 4;
const keyOf = (number: number): StateKey => accountKey(Buffer.alloc(20, number));
const valueFor = (number: number) => Buffer.from(`value ${number}`);

const tree = new StateTree("");
tree.apply(
  Array.from({ length: ACCOUNTS }, (_, number) => ({
    ...{ key: keyOf(number), isRemoval: false, valueBytes: valueFor(number) },
  })),
);
/** What the tree has, of all the keys that are asked for. */
const facts = new Map<StateKey, Buffer | undefined>(
  Array.from({ length: ACCOUNTS + ABSENT }, (_, number) => [
    keyOf(number),
    number < ACCOUNTS ? valueFor(number) : undefined,
  ]),
);
const corpus = Array.from(facts, ([key, value]) => encodeStateProof(tree.prove(key, value)));

/** Proofs of the state: one form each, and none that proves what isn't so, whoever is asked about. */
export const target: Target = {
  about: "proofs of what a shard's state has",
  codes: new Set([
    ...["TRUNCATED", "OVERSIZED", "VERSION", "NON_CANONICAL", "WRONG_SHARD", "WRONG_KEY"],
    ...["UNRELATED_LEAF", "WRONG_ROOT", "PROVED"],
  ]),
  corpus,
  next: (chance) => mutateBytes(chance, pick(chance, corpus), corpus),
  check(input) {
    const decoded = decodeStateProof(input);
    if (!decoded.ok) return decoded.code;
    must(encodeStateProof(decoded.proof).equals(input), "what was decoded encodes to other bytes");
    const { key } = decoded.proof;
    const asked = facts.has(key) ? key : keyOf(0);
    const verified = verifyStateProof(input, asked, { prefix: tree.prefix, root: tree.root });
    if (!verified.ok) return verified.code;
    const value = facts.get(asked);
    must(
      value === undefined ? verified.valueBytes === undefined : verified.valueBytes?.equals(value) === true,
      "something else than what the tree has is proved",
    );
    must(
      corpus.some((bytes) => bytes.equals(input)),
      "a second proof of the same",
    );
    return "PROVED";
  },
};
