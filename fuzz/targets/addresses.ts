import { ACCOUNT_ID_BYTES, formatAddress, isShardPath, parseAddress } from "../../ledger/address.js";
import { pick, seeded } from "../chance.js";
import { mutateBytes, noise } from "../mutate/bytes.js";
import { must, type Target } from "../target.js";

const chance = seeded(1);
const corpus = [
  ...["0", "1", "1.2", "4.1.2.2.1", "999999999.1", "1.".repeat(63).concat("1")].map((path) =>
    formatAddress(path, noise(chance, ACCOUNT_ID_BYTES)),
  ),
  // Of EIP-55, with right and wrong capitals.
  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
  `0x${"0".repeat(40)}`,
  `0x${"ff".repeat(20)}`,
  `0X${"FF".repeat(20)}`,
  `sh01-${"0".repeat(40)}-0000`,
].map((text) => Buffer.from(text));

/** Addresses as people type them: one account, one path and one checksum to each text, and no other. */
export const target: Target = {
  about: "addresses in URLs and on command lines",
  codes: new Set(["FORM", "CHECKSUM", "ADDRESS", "BARE"]),
  corpus,
  next: (random) => mutateBytes(random, pick(random, corpus), corpus),
  check(input) {
    const text = input.toString("utf8");
    const parsed = parseAddress(text);
    if (!parsed.ok) return parsed.reason;
    must(parsed.accountId.length === ACCOUNT_ID_BYTES, "an account id of another length");
    if (parsed.path === undefined) {
      const plain = `0x${parsed.accountId.toString("hex")}`;
      must(plain === text.toLowerCase(), "a bare address means another account");
      return "BARE";
    }
    must(isShardPath(parsed.path), "a path that is none");
    must(formatAddress(parsed.path, parsed.accountId) === text, "the address is written in another way");
    return "ADDRESS";
  },
};
