import { addAmounts, formatRus, isAmount, parseRus, subtractAmounts } from "../../ledger/amount.js";
import { pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { must, type Target } from "../target.js";

const corpus = [
  ..."0 1 0.1 1.000000000000000001 99999999999999999999.999999999999999999 100000000000000000000".split(" "),
  ..."0.0000000000000000001 -1 1e5 .5 5. 00001 1,5 1_000 ١ 0x10 Infinity".split(" "),
].map((text) => Buffer.from(text));

/** Amounts in RUS as people type them: within the bounds, and written back as the same amount. */
export const target: Target = {
  about: "amounts in RUS on command lines and in files",
  codes: new Set(["NO_AMOUNT", "AMOUNT"]),
  corpus,
  next: (chance) => mutateBytes(chance, pick(chance, corpus), corpus),
  check(input) {
    const amount = parseRus(input.toString("utf8"));
    if (amount === undefined) return "NO_AMOUNT";
    must(isAmount(amount), "an amount out of bounds");
    must(parseRus(formatRus(amount)) === amount, "the amount is written as another one");
    const double = addAmounts(amount, amount);
    must(double === undefined || isAmount(double), "a sum out of bounds");
    must(subtractAmounts(amount, amount) === 0n, "a difference that isn't 0");
    return "AMOUNT";
  },
};
