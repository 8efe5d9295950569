import { codec } from "../../schemas/codec.js";
import { type ProofFile, SCHEMAS } from "../../schemas/generated.js";
import {
  accountFile,
  recordFile,
  Sample,
  shardRootFile,
  transactionFile,
} from "../../test/verifier/samples.js";
import { verifyProofFile } from "../../verifier/index.js";
import { pick } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { must, type Target } from "../target.js";

const sample = new Sample();
const corpus = [
  accountFile(sample.account()),
  accountFile(sample.account(sample.absent("nothing"))),
  accountFile(sample.account(sample.absent("other"))),
  transactionFile(sample.transaction(0)),
  transactionFile(sample.transaction(1)),
  recordFile(sample.logRecord()),
  recordFile(sample.receiptRecord()),
  recordFile(sample.stateRecord()),
  recordFile(sample.removalRecord()),
  shardRootFile(sample.shardRoot()),
];
const files = corpus.map((bytes) => codec("ProofFile").decode(bytes)!);
const values = new AvroValues(SCHEMAS.ProofFile as Schema);

/** The independent verifier, with files from anyone: it takes those that were made of the chain, and no other. */
export const target: Target = {
  about: "proof files, as the verifier gets them from anyone",
  codes: new Set([
    ...["TRUNCATED", "OVERSIZED", "NON_CANONICAL", "VERSION", "WRONG_NETWORK", "FUTURE_EPOCH", "PROVED"],
    ...["UNKNOWN_VALIDATOR", "SIGNERS_NOT_ASCENDING", "BAD_SIGNATURE", "NOT_A_QUORUM", "WRONG_SHARD"],
    ...["WRONG_HEIGHT", "WRONG_BLOCK", "WRONG_KEY", "WRONG_VALUE", "WRONG_ROOT", "WRONG_INDEX"],
    ...["UNRELATED_LEAF", "UNRELATED_RECEIPT", "WRONG_TOPIC"],
  ]),
  corpus,
  next: (chance) =>
    chance(2) === 0
      ? codec("ProofFile").encode(values.changed(pick(chance, files), chance) as ProofFile)
      : mutateBytes(chance, pick(chance, corpus), corpus),
  check(input) {
    const verdict = verifyProofFile(input, sample.trust);
    if (!verdict.ok) return verdict.code;
    must(
      corpus.some((bytes) => bytes.equals(input)),
      "something is proved by a file that nobody made of the chain",
    );
    return "PROVED";
  },
};
