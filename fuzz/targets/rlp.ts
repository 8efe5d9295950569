import {
  decodeRlp,
  encodeRlp,
  RLP_DEPTH_MAX,
  type RlpItem,
  rlpInteger,
} from "../../ledger/transaction/rlp.js";
import { pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { transactionSamples } from "../samples.js";
import { must, type Target } from "../target.js";

const nested = (depth: number): RlpItem => (depth === 0 ? [] : [nested(depth - 1)]);
const corpus = [
  ...transactionSamples().map(({ body }) => (body[0]! < 0xc0 ? body.subarray(1) : body)),
  ...[0, 1, 127, 128, 2 ** 40, 10n ** 38n].map((value) => encodeRlp(rlpInteger(value))),
  ...[nested(RLP_DEPTH_MAX), nested(40), Buffer.alloc(55), Buffer.alloc(56), Buffer.alloc(70_000)].map(
    encodeRlp,
  ),
];

/** RLP: bytes and items correspond one to one, within the bounds on depth and number. */
export const target: Target = {
  about: "RLP of Ethereum transactions",
  codes: new Set(["TRUNCATED", "NON_CANONICAL", "TRAILING", "BOUND", "ITEM"]),
  corpus,
  next: (chance) => mutateBytes(chance, pick(chance, corpus), corpus),
  check(input) {
    const decoded = decodeRlp(input);
    if (!decoded.ok) return decoded.fault;
    must(encodeRlp(decoded.item).equals(input), "what was decoded encodes to other bytes");
    return "ITEM";
  },
};
